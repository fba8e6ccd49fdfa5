// Parts that a view shows in a tab of their own when they are there: a function that imports a module with
// `mount(element, context)`, which may give `{ close, shown, update }`.
//
// The debugger's context: { executionArn, about, history, description(), diagram(), definition(), onChange(callback) }.
// The editor's context: { stateMachineArn, about, machine() }.

export const extensions = { debugger: null, editor: null };
