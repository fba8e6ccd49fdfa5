use super::*;
use serde_json::json;

fn samples() -> Vec<(String, Diagram)> {
    let mut samples = Vec::new();
    for entry in std::fs::read_dir("asl-samples").unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".asl.json") {
            let definition: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            samples.push((path.display().to_string(), Diagram::of_definition(&definition)));
        }
    }
    assert!(samples.len() > 15);
    samples
}

fn diagram(definition: &Value) -> Diagram {
    Diagram::of_definition(definition)
}

#[test]
fn every_state_of_every_sample_is_drawn() {
    fn names<'g>(graph: &'g Graph, found: &mut Vec<&'g str>) {
        for node in &graph.nodes {
            found.push(&node.name);
            node.inside.iter().for_each(|inside| names(inside, found));
        }
    }
    for (file, diagram) in samples() {
        let (mermaid, dot) = (diagram.to_mermaid(), diagram.to_dot());
        let mut found = Vec::new();
        names(&diagram.graph, &mut found);
        for name in found {
            let first = name.split(' ').next().unwrap();
            assert!(mermaid.contains(first) && dot.contains(first), "{file}: {name}");
        }
        assert_eq!(dot.matches('{').count(), dot.matches('}').count(), "{file}");
    }
}

#[test]
fn transitions_have_their_kind_and_label() {
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "B",
            "Catch": [{ "ErrorEquals": ["Busy", "Full"], "Next": "C" }] },
        "B": { "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericEquals": 1, "Next": "A" }], "Default": "C" },
        "C": { "Type": "Fail", "Error": "Lost" } } });
    let edges: Vec<_> = diagram(&definition)
        .graph
        .edges
        .into_iter()
        .map(|edge| (edge.from, edge.to, edge.exit, edge.label))
        .collect();
    assert_eq!(
        edges,
        [
            (0, Some(1), Exit::Next, String::new()),
            (0, Some(2), Exit::Catch(0), "Busy, Full".to_owned()),
            (1, Some(0), Exit::Choice(0), "$.n = 1".to_owned()),
            (1, Some(2), Exit::Default, "otherwise".to_owned()),
            (2, None, Exit::End, String::new()),
        ]
    );
}

#[test]
fn a_broken_definition_is_drawn_as_far_as_it_goes() {
    for broken in [
        json!(7),
        json!({}),
        json!({ "StartAt": "A" }),
        json!({ "StartAt": 7, "States": { "A": 1, "B": { "Type": "Wait" } } }),
    ] {
        assert!(diagram(&broken).to_mermaid().starts_with("flowchart"));
    }
    let graph = diagram(&json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "Nowhere" } } })).graph;
    assert_eq!((&*graph.nodes[1].name, graph.nodes[1].kind), ("Nowhere", Kind::Missing));
}

#[test]
fn marks_reach_nested_states_and_their_transitions() {
    let definition = json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "End": true, "Branches": [
        { "StartAt": "X", "States": { "X": { "Type": "Pass", "End": true } } }] } } });
    let overlay = Overlay::new()
        .state("X", Tone::Good, "once")
        .transition("X", Exit::End, Tone::Bad, "")
        .rest(Tone::Idle);
    let graph = diagram(&definition).with(&overlay).graph;
    let inside = &graph.nodes[0].inside[0];
    assert_eq!(inside.nodes[0].note(), Some("once"));
    assert_eq!(inside.edges[0].mark.as_ref().unwrap().tone, Tone::Bad);
    assert_eq!(graph.edges[0].mark.as_ref().unwrap().tone, Tone::Idle);
}

#[test]
fn names_cannot_break_out_of_their_labels() {
    let name = "\"]<script>& {|} --> `x`\\\n";
    let drawn = diagram(&json!({ "StartAt": name, "States": { name: { "Type": "Succeed" } } }));
    assert!(!drawn.to_mermaid().contains("<script>"));
    assert!(drawn.to_dot().contains("\\\"]<script>"));
    #[cfg(feature = "svg")]
    assert!(!drawn.to_svg().unwrap().contains("<script>"));
}

#[cfg(feature = "svg")]
mod svg {
    use super::*;

    #[test]
    fn every_sample_is_laid_out_and_always_alike() {
        for (file, diagram) in samples() {
            let svg = diagram.to_svg().unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{file}");
            assert_eq!(svg, diagram.to_svg().unwrap(), "{file}");
        }
    }

    #[test]
    fn large_and_odd_graphs_are_laid_out_or_refused() {
        let chain = |length: usize| {
            let states: serde_json::Map<String, Value> = (0..length)
                .map(|n| (n.to_string(), json!({ "Type": "Pass", "Next": (n + 1).to_string() })))
                .collect();
            diagram(&json!({ "StartAt": "0", "States": states }))
        };
        assert!(chain(300).to_svg().is_ok());
        assert_eq!(chain(2_000).to_svg(), Err(SvgError::TooManyStates { states: 2_001 }));
        let looped = json!({ "StartAt": "A", "States": { "A": { "Type": "Choice", "Default": "A",
            "Choices": [{ "Next": "A" }, { "Next": "A" }] } } });
        assert!(diagram(&looped).to_svg().is_ok());
        assert!(diagram(&json!({})).to_svg().is_ok());
    }
}

#[cfg(feature = "svg")]
mod random {
    use super::*;
    use proptest::prelude::*;

    /// A graph of so many states whose transitions lead anywhere, with graphs inside some of them.
    fn machine(depth: u32) -> BoxedStrategy<Value> {
        let inside = if depth == 0 {
            Just(Vec::new()).boxed()
        } else {
            prop::collection::vec(machine(depth - 1), 0..3).boxed()
        };
        let state = (0..5_u8, prop::collection::vec(0..14_usize, 0..5), inside);
        prop::collection::vec(state, 0..14)
            .prop_map(|states| {
                let states = states.into_iter().enumerate().map(|(i, (kind, targets, inside))| {
                    let choices: Vec<_> = targets.iter().map(|to| json!({ "Next": format!("S{to}") })).collect();
                    let next = targets.first().map_or(0, |to| *to);
                    let state = match kind {
                        0 => json!({ "Type": "Choice", "Choices": choices, "Default": "S1" }),
                        1 => json!({ "Type": "Parallel", "Branches": inside, "Next": format!("S{next}"), "Catch": choices }),
                        2 => json!({ "Type": "Map", "ItemProcessor": inside.first(), "End": true }),
                        3 => json!({ "Type": "Task", "Next": format!("S{next}"), "Catch": choices, "End": true }),
                        _ => json!({ "Type": "Succeed" }),
                    };
                    (format!("S{i}"), state)
                });
                json!({ "StartAt": "S0", "States": states.collect::<serde_json::Map<_, _>>() })
            })
            .boxed()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn every_graph_is_laid_out(definition in machine(2)) {
            let svg = diagram(&definition).to_svg();
            prop_assert!(svg.as_ref().is_ok_and(|svg| !svg.contains("NaN")), "{svg:?}");
        }
    }
}
