// The events of a history, as AWS spells them.

/** An event of a task: what it is that does the work, and what happened. */
export const TASK_EVENT =
  /^(LambdaFunction|Activity|Task)(?!State)(Scheduled|ScheduleFailed|Started|StartFailed|Submitted|SubmitFailed|Succeeded|Failed|TimedOut)$/;
/** An event of a state: its type, and what happened. */
export const STATE_EVENT =
  /^(Task|Pass|Choice|Wait|Succeed|Fail|Parallel|Map)State(Entered|Exited|Aborted|Started|Succeeded|Failed)$/;

/** The member of an event that holds its details. */
export function detailsOf(event) {
  for (const member in event) if (member.endsWith("EventDetails")) return event[member];
  return null;
}

/** Whether an event says that something failed, timed out, or was aborted by it. */
export function isFailure({ type }) {
  return /(Failed|TimedOut|Aborted)$/.test(type);
}
