// The parts that are loaded when they are first looked at. Each has `mount(element, context)`, which gives { close, shown }.
//
// The debugger's context: { executionArn, about, history, description(), diagram(), definition(), onChange(callback) }.
// The editor's context: { stateMachineArn or null, about, machine(), reload() }.

export const loadDebugger = () => import("./debugger/debugger.js");
export const loadEditor = () => import("./editor/editor.js");
