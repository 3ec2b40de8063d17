import type { RequestRecord } from './customer-requests.ts';
import type { EditRecord } from './edit-objects.ts';

/**
 * Whether the edit's own meaning is that this request fails. Only the gateway calls orders and analytics. If anything
 * behind orders is unreachable, orders accepts the order as pending, so that edit means no failed request.
 */
function means({ edit, rejected, original, fromMs, toMs }: EditRecord, request: RequestRecord): boolean {
  return (
    rejected === undefined &&
    edit.meaning === 'unreachable' &&
    original.callee === request.callee &&
    fromMs <= request.endedAtMs &&
    request.startedAtMs <= toMs
  );
}

/** One line for each failed request that no edit meant, with the edits at that time. */
export function unexcused(requests: readonly RequestRecord[], edits: readonly EditRecord[]): readonly string[] {
  return requests
    .filter((request) => request.wrong !== undefined && !edits.some((edit) => means(edit, request)))
    .map((request) => {
      const during = edits
        .filter(({ fromMs, toMs }) => fromMs <= request.endedAtMs && request.startedAtMs <= toMs + 5_000)
        .map((edit) => describeEdit(edit));
      return `${new Date(request.startedAtMs).toISOString()} ${request.what}: ${request.wrong}\n  ${during.join('\n  ')}`;
    });
}

function describeEdit({ original, edit, rejected }: EditRecord): string {
  const outcome = rejected === undefined ? 'accepted' : `rejected: ${rejected.slice(0, 120)}`;
  return `${original.plural}/${original.name} ${edit.what} (${edit.meaning}): ${outcome}`;
}
