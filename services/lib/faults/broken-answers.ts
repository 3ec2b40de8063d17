import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Answers that keep to the status and to nothing else of the contract. */
export const brokenAnswers = ['empty', 'page', 'other-json', 'cut', 'huge', 'slow'] as const;

export type BrokenAnswer = (typeof brokenAnswers)[number];

const megabyte = 'x'.repeat(1024 * 1024);
const hugeMegabytes = 150;
const slowBytes = 600;
const slowPauseMs = 1_000;

/** Sends the answer, until it is complete or the caller has gone. */
export async function sendBrokenAnswer(response: ServerResponse, status: number, answer: BrokenAnswer): Promise<void> {
  response.statusCode = status;
  const isPage = answer === 'page';
  response.setHeader('content-type', isPage ? 'text/html' : 'application/json');
  switch (answer) {
    case 'empty':
      response.end();
      return;
    case 'page':
      response.end('<html><body><h1>It works!</h1></body></html>');
      return;
    case 'other-json':
      response.end('[{"status":["authorized"],"id":{"id":7}},null]');
      return;
    case 'cut':
      response.write('{"status":"authorized","id":"');
      await sleep(10);
      response.destroy();
      return;
    case 'huge':
      return stream(response, hugeMegabytes, () => (response.write(megabyte) ? undefined : drained(response)));
    case 'slow':
      return stream(response, slowBytes, () => {
        response.write(' ');
        return sleep(slowPauseMs);
      });
  }
}

async function stream(
  response: ServerResponse,
  parts: number,
  writePart: () => Promise<unknown> | undefined,
): Promise<void> {
  response.write('"');
  for (let part = 0; part < parts && !response.closed; part++) await writePart();
  response.end('"');
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
