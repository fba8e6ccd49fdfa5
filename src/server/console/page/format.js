// How times, durations and sizes are written.

const stamp = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** Milliseconds since 1970 of a time as the API gives it: seconds since 1970, or a text. */
export function millis(time) {
  if (time === null || time === undefined) return null;
  return typeof time === "number" ? Math.round(time * 1000) : Date.parse(time);
}

/** Date and time to the second, in the reader's own zone. */
export function dateTime(ms) {
  return ms === null ? "" : stamp.format(ms);
}

/** The time of day with milliseconds. */
export function timeOfDay(ms) {
  return `${clock.format(ms)}.${String(((ms % 1000) + 1000) % 1000).padStart(3, "0")}`;
}

/** A length of time in the two units that matter: `340 ms`, `4.2 s`, `3 min 07 s`, `2 h 05 min`, `12 d 3 h`. */
export function duration(ms) {
  if (ms === null || Number.isNaN(ms)) return "";
  const length = Math.max(0, ms);
  if (length < 1000) return `${Math.round(length)} ms`;
  if (length < 59_950) return `${(length / 1000).toFixed(length < 9_995 ? 2 : 1).replace(/\.?0+$/, "")} s`;
  const seconds = Math.round(length / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Time since the start, for columns: always with milliseconds, so that rows compare. */
export function offset(ms) {
  const length = Math.max(0, Math.round(ms));
  const part = `${pad(Math.floor(length / 1000) % 60)}.${String(length % 1000).padStart(3, "0")}`;
  const minutes = Math.floor(length / 60_000);
  if (minutes < 60) return `${pad(minutes)}:${part}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${part}`;
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** The last part of an ARN: the name. */
export function nameOfArn(arn) {
  return String(arn).split(":").pop();
}

/** `arn:aws:lambda:…:function:Charge` → `Charge`, `sqs:sendMessage` stays: what a task's resource is called. */
export function resourceName(resourceType, resource) {
  const text = String(resource ?? "");
  if (text.startsWith("arn:")) return text.split(":").slice(6).join(":") || text;
  return resourceType ? `${resourceType}:${text}` : text;
}

function pad(number) {
  return String(number).padStart(2, "0");
}
