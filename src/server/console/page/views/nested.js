// The executions that an execution started, and those that they started: a tree, unfolded as far as one looks.

import { UNREACHABLE, call } from "../api.js";
import { h } from "../dom.js";
import { dateTime, millis, nameOfArn } from "../format.js";
import { History } from "../history.js";
import { parseJson } from "../json-text.js";
import { problemNotice } from "../notices.js";
import { link } from "../router.js";
import { setStatus, statusBadge } from "../status.js";
import { showElapsed } from "../ticker.js";
import { placeText } from "./pieces.js";

const LOOK_EVERY = 2_000;
const MOST_PAGES = 25;

/** The executions that a history's tasks have started: [{ arn, visit }] in the order of their starts. */
export function startedExecutions(history) {
  const started = [];
  const seen = new Set();
  for (const visit of history.visits) {
    for (const attempt of visit.attempts) {
      const { resource, resourceType } = attempt;
      if (!/^(aws-sdk:)?(states|sfn)$/.test(resourceType ?? "") || !/^start(Sync)?Execution/.test(resource ?? "")) continue;
      const arn = arnIn(attempt.submitted) ?? arnIn(attempt.output) ?? arnIn(attempt.cause);
      if (!arn || seen.has(arn)) continue;
      seen.add(arn);
      started.push({ arn, visit });
    }
  }
  return started;
}

/** The execution that started this one, by what tasks put into an input by convention; or null. */
export function parentOf(description) {
  const { node } = parseJson(description?.input ?? "");
  const arn = new Map(node?.entries ?? []).get("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID")?.value;
  return typeof arn === "string" && arn.includes(":execution:") ? arn : null;
}

export function nestedPart(model) {
  const parent = h("p.nested-parent", { hidden: true });
  const tree = h("ul.nested-tree");
  const none = h("p.none", null, "No task has started an execution.");
  const element = h("div.panel-body", null, parent, none, tree);
  const known = new Map();
  let isShown = false;
  let isLooking = false;
  let timer = 0;

  function update() {
    const parentArn = parentOf(model.description);
    if (parentArn && parent.hidden) {
      parent.hidden = false;
      parent.append("Started by ", h("a", { href: link("executions", parentArn) }, nameOfArn(parentArn)));
    }
    const started = startedExecutions(model.history);
    none.hidden = started.length > 0;
    const before = known.size;
    for (const { arn, visit } of started) {
      if (known.has(arn)) continue;
      const item = nestedItem(arn, [visit.state, placeText(visit)].filter(Boolean).join(" in "), () => model.selectVisit(visit));
      known.set(arn, item);
      tree.append(item.element);
    }
    // A busy execution has an event every moment: not a look for each.
    if (isShown && (timer === 0 || known.size > before)) look();
  }

  async function look() {
    if (isLooking) return;
    clearTimeout(timer);
    timer = 0;
    isLooking = true;
    for (const item of known.values()) if (isShown && !item.isDone()) await item.load();
    isLooking = false;
    if (isShown && [...known.values()].some((item) => !item.isDone())) timer = setTimeout(look, LOOK_EVERY);
  }

  return {
    element,
    update,
    shown() {
      isShown = true;
      update();
    },
    hidden() {
      isShown = false;
      clearTimeout(timer);
      timer = 0;
    },
    close() {
      isShown = false;
      clearTimeout(timer);
    },
  };
}

// An execution in the tree: what it is at once, what it started when it is unfolded.
function nestedItem(arn, by, select) {
  const badge = statusBadge("RUNNING");
  badge.hidden = true;
  const took = h("span.number.muted");
  const started = h("span.number.muted.optional");
  const problem = h("div");
  const inner = h("ul.nested-tree");
  let status = null;
  let isUnfolded = false;
  const details = h("details.nested.fold", { ontoggle: unfold }, h("summary", null, "What it started"), inner);
  const element = h(
    "li",
    null,
    h(
      "p",
      null,
      h("a.strong", { href: link("executions", arn), dir: "auto" }, nameOfArn(arn)),
      " ",
      badge,
      " ",
      took,
      " ",
      started,
    ),
    h(
      "p.hint",
      null,
      "started by ",
      select ? h("button.link", { type: "button", dir: "auto", onclick: select }, by) : h("span", { dir: "auto" }, by),
    ),
    problem,
    details,
  );

  async function load() {
    try {
      const description = await call("DescribeExecution", { executionArn: arn });
      status = description.status;
      badge.hidden = false;
      setStatus(badge, status);
      started.textContent = dateTime(millis(description.startDate));
      showElapsed(took, millis(description.startDate), millis(description.stopDate ?? null));
      problem.replaceChildren();
    } catch (error) {
      // Who does not answer may do so the next time.
      if (error.type !== UNREACHABLE) status = "UNKNOWN";
      problem.replaceChildren(problemNotice(error));
    }
  }

  async function unfold() {
    if (!details.open || isUnfolded) return;
    isUnfolded = true;
    try {
      const found = startedExecutions(await wholeHistory(arn));
      if (found.length === 0) inner.append(h("li.none", null, "It has started no other."));
      for (const { arn: child, visit } of found) {
        const item = nestedItem(child, visit.state, null);
        inner.append(item.element);
        await item.load();
      }
    } catch (error) {
      isUnfolded = false;
      inner.replaceChildren(h("li", null, problemNotice(error)));
    }
  }

  return { element, load, isDone: () => status !== null && status !== "RUNNING" };
}

/** The history of an execution as it is now, as far as a page can hold it. */
export async function wholeHistory(executionArn) {
  const history = new History();
  let nextToken;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await call("GetExecutionHistory", { executionArn, maxResults: 1000, includeExecutionData: true, nextToken });
    history.add(answer.events);
    nextToken = answer.nextToken;
    if (!nextToken) break;
  }
  return history;
}

function arnIn(text) {
  if (!text) return null;
  const entries = new Map(parseJson(text).node?.entries ?? []);
  const arn = (entries.get("ExecutionArn") ?? entries.get("executionArn"))?.value;
  return typeof arn === "string" ? arn : null;
}
