// The debugger of an execution: replayed from its history in virtual time; or, where that cannot be, its history alone.

import { UNREACHABLE, call, get } from "../api.js";
import { whenBack } from "../connection.js";
import { fill, h, setText } from "../dom.js";
import { count } from "../format.js";
import { problemNotice } from "../notices.js";
import { currentRoute, link } from "../router.js";
import { readDefinition } from "./definition.js";
import { Session } from "./session.js";
import { loadStyle } from "./style.js";
import { Trace } from "./trace.js";
import { DebuggerView } from "./view.js";

/** Shows the debugger of `context.executionArn`; gives { close, shown }. */
export function mount(element, context) {
  const { executionArn } = context;
  const session = new Session({ path: "api/replay", request: { executionArn } });
  const notice = h("div.dbg-notices");
  // Says that events have come since the execution was read.
  const behind = h(
    "div.dbg-note.dbg-behind",
    { role: "status" },
    h("span"),
    h("button.secondary", { type: "button", onclick: () => catchUp() }, "Run it again"),
  );
  const holder = h("div", null, h("p.none.dbg-loading", { role: "status" }, "The execution is run again from its history."));
  let view = null;
  let isClosed = false;
  let description = null;

  fill(element, h("div.dbg-frame-all", null, notice, holder));
  const loaded = load();
  const ended = context.onChange?.(() => {
    if (view) showBehind();
  });

  async function load() {
    try {
      const style = loadStyle("debugger/debugger.css");
      const [described, machine, diagram] = await Promise.all([
        call("DescribeExecution", { executionArn }),
        call("DescribeStateMachineForExecution", { executionArn }).catch(() => null),
        get("api/diagram", { executionArn }).catch(() => null),
      ]);
      description = described;
      const problem = await session.load().then(
        () => null,
        (error) => error,
      );
      if (problem?.type === UNREACHABLE) throw problem;
      const trace = problem === null ? session.base : new Trace(await readHistory(executionArn));
      await style;
      if (isClosed) return;
      show(trace, { problem, machine, diagram });
    } catch (error) {
      if (isClosed) return;
      fill(holder, problemNotice(error));
      if (error.type === UNREACHABLE)
        whenBack().then(() => {
          if (!isClosed) load();
        });
    }
  }

  function show(trace, { problem, machine, diagram }) {
    const last = view ? trace.ids.indexOf(view.trace.event(view.step)?.id) : -1;
    view?.close();
    view = new DebuggerView({
      session: problem === null ? session : null,
      definition: readDefinition(machine?.definition ?? "null"),
      diagram,
      isRunning: description.status === "RUNNING",
      facts: () => ({
        executionArn,
        name: description.name,
        stateMachineArn: description.stateMachineArn,
        stateMachineName: machine?.name,
        roleArn: machine?.roleArn,
      }),
      saved: (forks) => ({ executionArn, forks }),
      stepped: remember,
    });
    fill(holder, view.element);
    fill(notice, problem === null ? replayNotes() : historyOnly(problem));
    const { step, visit } = last >= 0 ? { step: last } : startOf(trace);
    view.show(trace, step, visit);
  }

  // Where a link points to; else where what failed had failed, or where it is now, or where it was stopped.
  function startOf(trace) {
    const asked = Number(currentRoute().query.get("event"));
    if (asked > 0 && trace.ids.includes(asked)) return { step: trace.stepOf(asked) };
    const failed = trace.history.failed();
    // A Fail state has no event of its failure: the end of what is around it is its own.
    if (failed) return { step: trace.stepOf(trace.changes[failed.index].at(-1).id), visit: failed };
    return { step: description.status === "SUCCEEDED" ? 0 : trace.size - 1 };
  }

  function replayNotes() {
    const { difference, notes, base } = session;
    return [
      difference
        ? h("div.dbg-note", null, h("p", null, `Run again, it takes another path than its history tells: ${difference.text}`))
        : null,
      base.run.isCut
        ? h("div.dbg-note", null, h("p", null, "Its data is too much for one answer: some of it is left out."))
        : null,
      // Tokens and times are never the same again: that is no warning.
      notes.length > 0
        ? h(
            "details.dbg-other-data",
            null,
            h("summary", null, "Run again, some of its data is other than recorded"),
            h(
              "ul",
              null,
              notes.map((note) => h("li", { dir: "auto" }, note.replace(/^other data: /, ""))),
            ),
          )
        : null,
    ].filter(Boolean);
  }

  function historyOnly(error) {
    return h(
      "div.dbg-note",
      null,
      h("p", null, "It cannot be run again: ", sentence(error.message)),
      h(
        "p.muted",
        null,
        "You step through its history, which knows the data at each state's beginning and end; answers cannot be changed.",
      ),
    );
  }

  function showBehind() {
    const more = context.history && view.trace ? context.history.lastId - (view.trace.ids.at(-1) ?? 0) : 0;
    if (more <= 0) return;
    setText(behind.firstChild, `The execution has gone on: ${count(more, "new event")}.`);
    if (!behind.isConnected) notice.append(behind);
  }

  async function catchUp() {
    behind.remove();
    await load();
    view?.timeline.slider.focus();
  }

  return {
    shown() {
      loaded.then(() => {
        if (view && !isClosed && view.trace) view.go(view.step, { isNew: true, visit: view.selected ?? undefined });
      });
    },
    close() {
      isClosed = true;
      clearTimeout(remembering);
      ended?.();
      view?.close();
    },
  };
}

/** All events of an execution. */
async function readHistory(executionArn) {
  const events = [];
  let nextToken;
  do {
    const page = await call("GetExecutionHistory", { executionArn, maxResults: 1000, includeExecutionData: true, nextToken });
    events.push(...page.events);
    nextToken = page.nextToken;
  } while (nextToken);
  return events;
}

let remembering = 0;

// Keeps the step in the address, without a step in the browser's history.
function remember(id) {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const { parts, query } = currentRoute();
    if (parts[0] === "executions" && id !== null)
      history.replaceState(null, "", link(...parts, { ...Object.fromEntries(query), event: String(id) }));
  }, 250);
}

function sentence(text) {
  const plain = text.replaceAll("`", "'");
  return /[.!?]$/.test(plain) ? plain : `${plain}.`;
}
