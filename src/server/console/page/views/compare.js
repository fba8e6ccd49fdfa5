// Two executions side by side: where their paths part, and where the same state had other data.

import { call } from "../api.js";
import { fill, h } from "../dom.js";
import { count, dateTime, duration, millis, nameOfArn } from "../format.js";
import { jsonView } from "../json.js";
import { problemNotice } from "../notices.js";
import { link } from "../router.js";
import { statusBadge } from "../status.js";
import { comparePaths } from "./compare-paths.js";
import { wholeHistory } from "./nested.js";
import { errorBlock } from "./pieces.js";

/** More rows than these are drawn when they are asked for. */
const ROWS = 300;

export function compareView({ setTrail }, firstArn, secondArn) {
  setTrail([{ text: "Compare" }]);
  const problem = h("div");
  const heads = h("div.compare-heads");
  const body = h("section.panel", { "aria-label": "Comparison" }, h("p.panel-body.muted", null, "Reading both executions …"));
  const element = h(
    "div.view-compare",
    null,
    h(
      "div.view-head",
      null,
      h("h1", null, "Compare executions"),
      h("div.buttons", null, h("a.secondary", { href: link("compare", secondArn, firstArn) }, "Swap")),
    ),
    problem,
    heads,
    body,
  );
  let isClosed = false;
  let isRead = false;
  load();

  async function load() {
    try {
      const sides = await Promise.all(
        [firstArn, secondArn].map(async (executionArn) => ({
          description: await call("DescribeExecution", { executionArn }),
          history: await wholeHistory(executionArn),
        })),
      );
      if (isClosed) return;
      isRead = true;
      const [
        {
          description: { stateMachineArn },
        },
      ] = sides;
      setTrail([{ text: nameOfArn(stateMachineArn), href: link("machines", stateMachineArn) }, { text: "Compare" }]);
      fill(
        heads,
        sides.map(({ description }, i) => head(description, ["First", "Second"][i])),
      );
      draw(sides);
    } catch (error) {
      if (isClosed) return;
      fill(problem, problemNotice(error));
      fill(body);
    }
  }

  function draw([first, second]) {
    const rows = comparePaths(first.history, second.history);
    const differing = rows.filter(({ isSame }) => !isSame);
    const others = rows.filter(({ isOtherPath }) => isOtherPath);
    const parting = others[0] ?? differing[0];
    const which = h(
      "select",
      { "aria-label": "Which states", onchange: () => drawRows() },
      h("option", { value: "all" }, "All states"),
      h("option", { value: "differing" }, "What differs"),
      h("option", { value: "path" }, "Other path or status"),
    );
    const counter = h(
      "span.count",
      null,
      differing.length === 0
        ? "no difference"
        : `${count(others.length, "state")} went otherwise, ${count(differing.length - others.length, "state")} had other data`,
    );
    const list = h("ol.compare-rows", { "aria-label": "States of both executions" });
    const more = h("div.list-foot");
    function drawRows(most = ROWS) {
      const shown = { all: rows, differing, path: others }[which.value];
      fill(
        list,
        shown.slice(0, most).map((row) => comparison(row, row === parting)),
      );
      fill(
        more,
        shown.length > most
          ? h(
              "button.secondary",
              { type: "button", onclick: () => drawRows(most + 1000) },
              `${(shown.length - most).toLocaleString("en")} more`,
            )
          : null,
      );
    }
    drawRows();
    const jump =
      differing.length > 0
        ? h(
            "button.secondary",
            {
              type: "button",
              onclick() {
                const target = list.querySelector(".first-difference");
                target?.scrollIntoView({ block: "center" });
                target?.querySelector("summary")?.focus();
              },
            },
            others.length > 0 ? "Where the paths part" : "First difference",
          )
        : null;
    fill(
      body,
      whole(first, second),
      h("div.filters", null, which, jump, counter),
      h(
        "div.compare-columns",
        { "aria-hidden": "true" },
        h("span", null, "State"),
        h("span", null, "First"),
        h("span", null, "Second"),
      ),
      list,
      more,
    );
  }

  return {
    element,
    isLacking: () => !isRead,
    close: () => {
      isClosed = true;
    },
  };
}

function head(description, which) {
  const from = millis(description.startDate);
  const to = millis(description.stopDate ?? null);
  return h(
    "section.panel.panel-body",
    { "aria-label": which },
    h("h2.which", null, which),
    h(
      "p",
      null,
      h("a.strong", { href: link("executions", description.executionArn), dir: "auto" }, description.name),
      " ",
      statusBadge(description.status),
    ),
    h("p.hint", null, dateTime(from), to === null ? "" : `, took ${duration(to - from)}`),
  );
}

// The executions' own inputs and outputs, before the states.
function whole(first, second) {
  const pairs = [
    ["Input", first.description.input, second.description.input],
    ["Output", first.description.output, second.description.output],
    ["Error", first.description.error, second.description.error],
  ];
  const rows = pairs
    .filter(([, one, other]) => one || other)
    .map(([name, one, other]) => {
      const isSame = one === other;
      return h(
        "details.fold",
        { open: false },
        h(
          "summary",
          null,
          `${name} of the execution: `,
          h("span", { class: isSame ? "muted" : "differs" }, isSame ? "the same" : "differs"),
        ),
        dataPair(name, one, other),
      );
    });
  return h("div.panel-body", null, rows);
}

function comparison({ depth, state, first, second, differences, isSame, isOtherPath, place }, isFirstDifference) {
  const side = (visit) =>
    visit
      ? h(
          "span.compare-side",
          null,
          statusBadge(visit.status),
          " ",
          h("span.muted.number", null, visit.ended === null ? "" : duration(visit.ended - visit.entered)),
        )
      : h("span.compare-side.muted", null, "not visited");
  const note = isSame ? null : h("span.differs", { class: !isOtherPath && "slight" }, differences.join(", "));
  const summary = h(
    "summary.compare-line",
    null,
    h(
      "span.compare-state",
      { dir: "auto", style: { "--depth": Math.min(depth, 6) } },
      state,
      place ? h("span.muted", null, ` ${place}`) : null,
      note,
    ),
    side(first),
    side(second),
  );
  const details = h("details", { ontoggle: open }, summary);
  let isBuilt = false;
  function open() {
    if (!details.open || isBuilt) return;
    isBuilt = true;
    details.append(
      h(
        "div.compare-data",
        null,
        dataPair("Input", first?.input, second?.input),
        dataPair("Output", first?.output, second?.output),
        first?.error || second?.error
          ? h(
              "div.pair",
              null,
              [first, second].map((visit) =>
                h("div", null, visit?.error ? errorBlock(visit.error, visit.cause) : h("p.none", null, "no error")),
              ),
            )
          : null,
      ),
    );
  }
  return h("li", { class: [isOtherPath && "different", isFirstDifference && "first-difference"] }, details);
}

function dataPair(name, one, other) {
  return h(
    "div.pair",
    null,
    h("div.data-section", null, h("h3", null, `${name}, first`), jsonView(one ?? null, { label: `${name}, first` })),
    h(
      "div.data-section",
      null,
      h("h3", null, `${name}, second`),
      jsonView(other ?? null, { label: `${name}, second`, against: one ?? null }),
    ),
  );
}
