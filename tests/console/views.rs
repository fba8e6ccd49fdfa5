//! What a page draws.

use serde_json::{Value, json};

use super::server::{EXECUTION, MACHINE, Server, orders};

#[tokio::test]
async fn a_diagram_has_the_places_of_all_states_and_transitions() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 1 })).await;
    let of_machine = server.get(&format!("api/diagram?stateMachineArn={MACHINE}")).await.body;
    let of_execution = server.get(&format!("api/diagram?executionArn={EXECUTION}")).await.body;
    assert_eq!(of_machine, of_execution);
    let names: Vec<_> = of_machine["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Add", "Charge", "Done", "Refused"]);
    let edges = of_machine["edges"].as_array().unwrap().iter();
    let edges: Vec<_> = edges
        .map(|edge| {
            (
                edge["from"].as_str().unwrap(),
                edge["by"].as_str().unwrap(),
                edge["to"].as_str(),
            )
        })
        .collect();
    let expected = [
        ("Add", "Next", Some("Charge")),
        ("Charge", "Next", Some("Done")),
        ("Charge", "Catch", Some("Refused")),
        ("Done", "End", None),
    ];
    assert_eq!(edges, expected);
    // All of it is inside the picture.
    let (width, height) = (
        of_machine["width"].as_f64().unwrap(),
        of_machine["height"].as_f64().unwrap(),
    );
    for node in of_machine["nodes"].as_array().unwrap() {
        let of = |member: &str| node[member].as_f64().unwrap();
        assert!(of("x") >= 0.0 && of("x") + of("width") <= width, "{node}");
        assert!(of("y") >= 0.0 && of("y") + of("height") <= height, "{node}");
    }
}

#[tokio::test]
async fn states_of_branches_stand_in_their_state() {
    let server = Server::start().await;
    let pass = |name: &str| json!({ "StartAt": name, "States": { name: { "Type": "Pass", "End": true } } });
    let definition = json!({ "StartAt": "Both", "States": {
        "Both": { "Type": "Parallel", "Branches": [pass("Left"), pass("Right")], "End": true }
    } });
    let checked = server
        .post("api/check", &json!({ "definition": definition.to_string() }))
        .await
        .body;
    assert_eq!(checked["diagnostics"], json!([]));
    let nodes = checked["diagram"]["nodes"].as_array().unwrap();
    let within: Vec<_> = nodes
        .iter()
        .map(|node| (node["name"].as_str().unwrap(), node["within"].as_u64()))
        .collect();
    assert_eq!(within, [("Both", None), ("Left", Some(0)), ("Right", Some(0))]);
    let inside = |inner: &Value, outer: &Value| {
        let of = |node: &Value, member: &str| node[member].as_f64().unwrap();
        of(inner, "x") > of(outer, "x") && of(inner, "y") + of(inner, "height") < of(outer, "y") + of(outer, "height")
    };
    assert!(inside(&nodes[1], &nodes[0]) && inside(&nodes[2], &nodes[0]));
    assert_eq!(nodes[0]["lanes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_definition_with_errors_is_drawn_as_far_as_possible() {
    let server = Server::start().await;
    let definition = "{\n  \"StartAt\": \"A\",\n  \"States\": { \"A\": { \"Type\": \"Pass\", \"Next\": \"B\" } }\n}";
    let checked = server
        .post("api/check", &json!({ "definition": definition }))
        .await
        .body;
    let found = &checked["diagnostics"][0];
    assert_eq!((&found["severity"], &found["line"]), (&json!("ERROR"), &json!(3)));
    assert!(found["excerpt"].as_str().unwrap().contains("^^^"), "{found}");
    assert_eq!(checked["diagram"]["nodes"].as_array().unwrap().len(), 2);
    let checked = server.post("api/check", &json!({ "definition": "{" })).await.body;
    assert_eq!(
        (&checked["diagram"], &checked["diagramProblem"]),
        (&json!(null), &json!("the text is no JSON object"))
    );
}

#[tokio::test]
async fn child_executions_of_a_map_run_are_told() {
    let server = Server::start().await;
    let definition = json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "ItemsPath": "$.orders", "ToleratedFailurePercentage": 100, "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Charge", "States": { "Charge": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true
            } }
        }
    } } });
    server
        .execution(&definition, &json!({ "orders": [{ "total": 5 }, { "total": 500 }] }))
        .await;
    let runs = server
        .post("api/call/ListMapRuns", &json!({ "executionArn": EXECUTION }))
        .await
        .body;
    let run = runs["mapRuns"][0]["mapRunArn"].as_str().unwrap();
    let told = server
        .get(&format!("api/map-run?mapRunArn={}", run.replace('/', "%2F")))
        .await
        .body;
    let children = told["executions"].as_array().unwrap();
    let of = |member: &str| children.iter().map(|child| child[member].clone()).collect::<Vec<_>>();
    assert_eq!(of("status"), ["SUCCEEDED", "FAILED"]);
    assert_eq!(of("input"), [r#"{"total":5}"#, r#"{"total":500}"#]);
    assert_eq!(of("error"), [json!(null), json!("Declined")]);
    assert_eq!(told["isCut"], false);
}
