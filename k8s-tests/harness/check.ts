import { z } from 'zod';
import type { HttpResponse } from './http.ts';

/** Returns what is wrong with a response, or undefined. */
export type Check = (answer: HttpResponse) => string | undefined;

const problemSchema = z.object({
  type: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
});

/** An RFC 9457 problem in the form that orders uses. */
type HttpProblem = z.infer<typeof problemSchema>;

export const hasStatus =
  (status: number): Check =>
  (answer) =>
    answer.status === status ? undefined : `status ${answer.status}, expected ${status}`;

export const succeeded: Check = ({ status }) =>
  status >= 200 && status < 300 ? undefined : `status ${status}, expected 2xx`;

/** Checks that the header has the value, or that it is absent if the value is undefined. */
export const hasHeader =
  (name: string, value: string | undefined): Check =>
  (answer) =>
    answer.headers[name] === value ? undefined : `header ${name} is ${answer.headers[name]}, expected ${value}`;

/** Checks for a problem as `application/problem+json` whose type ends in `/<kind>`. */
export const isProblem =
  (kind: string): Check =>
  (answer) => {
    const contentType = answer.headers['content-type'] ?? 'absent';
    if (!contentType.startsWith('application/problem+json')) return `content type ${contentType}, expected a problem`;
    const { type } = readProblem(answer);
    return type.endsWith(`/${kind}`) ? undefined : `problem type ${type}, expected one ending in /${kind}`;
  };

/** Checks for a problem whose errors contain the field with a message. */
export const namesField =
  (field: string): Check =>
  (answer) => {
    const { errors } = readProblem(answer);
    if (errors.some((error) => error.field === field && error.message !== '')) return undefined;
    return `fields named: ${errors.map((error) => error.field).join(', ') || 'none'}; expected ${field}`;
  };

/** Throws one error with all failed checks of the response and the ids that lead to its trace. */
export function check(answer: HttpResponse, ...checks: readonly Check[]): HttpResponse {
  const wrong = checks.map((one) => one(answer)).filter((message) => message !== undefined);
  if (wrong.length === 0) return answer;
  const { call, headers } = answer;
  throw new Error(
    [
      `${call.method ?? 'GET'} ${call.url}: ${wrong.join('; ')}`,
      `  x-request-id ${headers['x-request-id']}, traceresponse ${headers.traceresponse}, ${Math.round(answer.durationMs)} ms`,
      `  ${answer.text.slice(0, 500)}`,
    ].join('\n'),
  );
}

function readProblem(answer: HttpResponse): HttpProblem {
  return problemSchema.parse(JSON.parse(answer.text));
}
