import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { sendBrokenAnswer } from '../faults/broken-answers.ts';
import type { FaultInjection, InjectedFailure } from '../faults/fault-injection.ts';
import type { Log } from '../observability/log.ts';
import { currentTraceresponse } from '../observability/tracing.ts';
import { DomainError } from '../runtime/domain-error.ts';
import { shorten } from '../runtime/shorten.ts';
import { type HttpProblem, toProblem, typeBase } from './http-problem.ts';
import { readJson } from './read-json.ts';
import { acceptRequestId, currentRequestId, requestIdHeader, withRequestId } from './request-id.ts';
import type { HttpRequest, HttpRoute } from './route.ts';

/** An express app of these routes. Every answer echoes the request id and names its trace; every error is a problem. */
export function createApp(routes: readonly HttpRoute[], faults: FaultInjection, log: Log): RequestListener {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  // As the gateway compares paths: one that it takes for another path must be another one here.
  app.enable('case sensitive routing').enable('strict routing');
  app.use(correlate);
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app[route.method](path, injectFault(route, faults), readJson, answer(route));
  }
  app.use((request) => {
    throw new DomainError('not-found', `There is no ${request.method} ${shorten(request.path)} here.`);
  });
  app.use(answerWithProblem(log));
  return (request, response) => {
    request.url = toPath(request.url ?? '/');
    app(request, response);
  };
}

/**
 * The path and query of a request's target, which may be a whole URL. A target that cannot be parsed becomes a path that
 * matches no route, because express would answer it with an HTML page of its own, before any handler of the app.
 */
function toPath(target: string): string {
  if (target.startsWith('/')) return target;
  const url = URL.parse(target);
  return url ? url.pathname + url.search : `/${encodeURIComponent(target)}`;
}

const correlate: RequestHandler = (request, response, next) => {
  const requestId = acceptRequestId(request.get(requestIdHeader));
  response.set(requestIdHeader, requestId);
  const traceresponse = currentTraceresponse();
  if (traceresponse) response.set('traceresponse', traceresponse);
  withRequestId(requestId, next);
};

function injectFault(route: HttpRoute, faults: FaultInjection): RequestHandler {
  return async (_request, response, next) => {
    const failure = await faults.admit(route.path, currentRequestId() ?? '');
    if (failure && !failure.carriedOut) return sendInjected(response, failure);
    response.locals.failure = failure;
    next();
  };
}

function sendInjected(response: express.Response, { status, answer }: InjectedFailure): void {
  if (answer) return void sendBrokenAnswer(response, Number(status), answer);
  const detail = 'A fault rule requested this answer.';
  send(response, {
    type: `${typeBase}/injected-fault`,
    title: 'Injected fault',
    status: Number(status),
    detail,
  });
}

function answer(route: HttpRoute): RequestHandler {
  return async (request, response: express.Response<unknown, { failure?: InjectedFailure }>) => {
    const incoming: HttpRequest = {
      params: request.params as Record<string, string>,
      query: request.query,
      header: (name) => readHeader(request, name),
      body: request.body,
    };
    const reply = await route.handle(incoming);
    if (response.locals.failure) return sendInjected(response, response.locals.failure);
    if (reply === 'drop-connection') return void request.socket.destroy();
    response
      .status(reply.status)
      .set(reply.headers ?? {})
      .json(reply.body);
  };
}

/** @throws DomainError `invalid` if the header is given more than once: Node would join the values to one */
function readHeader(request: express.Request, name: string): string | undefined {
  const values = request.headersDistinct[name.toLowerCase()];
  if (values === undefined || values.length <= 1) return values?.[0];
  const errors = [{ field: name, message: 'must be given once' }];
  throw new DomainError('invalid', 'The request has a repeated header.', { errors });
}

function answerWithProblem(log: Log): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    // express throws a URIError for a path that cannot be decoded.
    const error =
      thrown instanceof URIError
        ? new DomainError('not-found', 'The path cannot be decoded.')
        : DomainError.from(thrown);
    const level = error.code === 'internal' ? 'error' : 'info';
    const { method, path } = request;
    log[level]({ err: error.cause, code: error.code, method, path: shorten(path) }, error.message);
    if (response.headersSent) return next(thrown);
    send(response, toProblem(error));
  };
}

function send(response: express.Response, problem: HttpProblem): void {
  // RFC 9110 requires it of every 401.
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
