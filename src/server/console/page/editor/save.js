// Saves the text: as the machine's definition, or as a new machine.

import { call } from "../api.js";
import { field, openDialog } from "../dialog.js";
import { h } from "../dom.js";

/** Whether a machine's definition is another than that of `machine`, as it was described before. */
export async function hasChanged(stateMachineArn, machine) {
  const { revisionId, definition } = await call("DescribeStateMachine", { stateMachineArn });
  return revisionId !== machine.revisionId && definition !== machine.definition;
}

/** Updates a machine's definition; gives what is said of it. */
export async function updateMachine({ stateMachineArn, definition, publishes }) {
  const answer = await call("UpdateStateMachine", { stateMachineArn, definition, ...(publishes ? { publish: true } : {}) });
  const version = answer.stateMachineVersionArn?.split(":").pop();
  return version ? `Saved, and published as version ${version}` : "Saved";
}

/** Asks for a name and creates a machine; gives its ARN, or null if the reader thought better of it. */
export async function createMachine({ definition, type, about, publishes }) {
  const name = h("input", { type: "text", autocomplete: "off", maxlength: 80, autofocus: true });
  const role = h("input", { type: "text", autocomplete: "off" });
  role.value = `arn:aws:iam::${about.account}:role/console`;
  let created = null;
  await openDialog({
    title: "Create a state machine",
    action: "Create",
    body: h("div.fields", null, field("Name", name), field("Role", role, "AWS wants one; here nothing is asked of it.")),
    send: async () => {
      if (name.value.trim() === "") throw new Error("The machine has no name.");
      const answer = await call("CreateStateMachine", {
        name: name.value.trim(),
        definition,
        type,
        roleArn: role.value.trim(),
        ...(publishes ? { publish: true } : {}),
      });
      created = answer.stateMachineArn;
    },
  });
  return created;
}
