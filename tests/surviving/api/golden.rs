//! Documents as this release first wrote them. Every later one reads them.

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use asl_engine::store::{ExecutionStore as _, MemoryStore, Record};
use serde_json::{Value, json};

use super::{ROLE, call, close, machine_arn, open};

const FORMAT_1: [(&str, &str, &str); 6] = [
    (
        "stateMachine",
        "arn:aws:states:us-east-1:123456789012:stateMachine:Rests",
        r#"[1,{"name":"Rests","created":"2026-11-29T10:00:00.123456789Z","current":4,"last_version":3,"versions":[{"number":2,"revision":3,"description":"second","created":"2026-11-29T10:00:01Z"},{"number":3,"revision":4,"description":null,"created":"2026-11-29T10:00:02Z"}],"last_alias":5,"aliases":[{"number":4,"name":"live","description":"for all","routes":[[2,10],[3,90]],"created":"2026-11-29T10:00:03Z","updated":"2026-11-29T10:00:04Z"}],"tags":{"z":"1","a":""},"created_with":[true,null],"is_deleting":false}]"#,
    ),
    (
        "revision",
        "3",
        r#"[1,{"id":null,"definition":"STANDARD 1","program":"p1","role_arn":"arn:aws:iam::123456789012:role/Orders","logging":{"includeExecutionData":true,"level":"OFF"},"tracing":{"enabled":false},"encryption":{"type":"AWS_OWNED_KEY"},"date":"2026-11-29T10:00:00Z"}]"#,
    ),
    (
        "revision",
        "4",
        r#"[1,{"id":"28efe333-b266-4103-8752-6757130f9f52","definition":"STANDARD 1","program":"p1","role_arn":"arn:aws:iam::123456789012:role/Orders","logging":{"includeExecutionData":false,"level":"OFF"},"tracing":{"enabled":true},"encryption":{"type":"AWS_OWNED_KEY"},"date":"2026-11-29T10:00:00Z"}]"#,
    ),
    (
        "definition",
        "STANDARD 1",
        r#"[1,{"type":"STANDARD","text":"{ \"StartAt\": \"Rest\",\n\"States\": { \"Rest\": { \"Type\": \"Pass\", \"End\": true } } }"}]"#,
    ),
    (
        "activity",
        "arn:aws:states:us-east-1:123456789012:activity:Oven",
        r#"[1,{"name":"Oven","created":"2026-11-29T10:00:05Z","encryption":{"type":"AWS_OWNED_KEY"},"tags":{"k":"v"}}]"#,
    ),
    (
        "redriveTokens",
        "arn:aws:states:us-east-1:123456789012:execution:Rests:r",
        r#"[1,[["once","2026-11-29T10:00:06Z"]]]"#,
    ),
];

/// A store with documents, which are given by kind, key and text.
fn store_of<'a>(documents: impl IntoIterator<Item = &'a (&'a str, &'a str, &'a str)>) -> MemoryStore {
    let store = MemoryStore::new();
    let record = |(kind, key, text): &(&str, &str, &str)| Record::Document {
        kind: (*kind).to_owned(),
        key: (*key).to_owned(),
        text: Some((*text).to_owned()),
    };
    store
        .commit(&documents.into_iter().map(record).collect::<Vec<_>>())
        .unwrap();
    store
}

#[tokio::test]
async fn a_state_machine_that_is_refused_now_is_named() {
    let broken = (
        "definition",
        "STANDARD 1",
        r#"[1,{"type":"STANDARD","text":"{ \"States\": {} }"}]"#,
    );
    let store = store_of(FORMAT_1.iter().chain([&broken]));
    let refused = StepFunctions::open(Interpreter::new().store(store)).await.unwrap_err();
    let named = format!("the state machine `{}` cannot be opened: ", machine_arn("Rests"));
    assert!(refused.to_string().starts_with(&named), "{refused}");
    assert!(refused.to_string().contains("StartAt"), "{refused}");
}

#[tokio::test]
async fn documents_of_format_1() {
    let store = store_of(&FORMAT_1);
    let api = open(store.clone()).await;
    let arn = machine_arn("Rests");
    let current = call(&api, "DescribeStateMachine", json!({ "stateMachineArn": arn })).await;
    let text = "{ \"StartAt\": \"Rest\",\n\"States\": { \"Rest\": { \"Type\": \"Pass\", \"End\": true } } }";
    assert_eq!(
        current,
        json!({
            "name": "Rests", "definition": text, "roleArn": ROLE,
            "loggingConfiguration": { "includeExecutionData": false, "level": "OFF" },
            "tracingConfiguration": { "enabled": true },
            "encryptionConfiguration": { "type": "AWS_OWNED_KEY" },
            "revisionId": "28efe333-b266-4103-8752-6757130f9f52",
            "stateMachineArn": arn, "status": "ACTIVE", "type": "STANDARD", "creationDate": 1_795_946_400.123
        })
    );
    let second = call(
        &api,
        "DescribeStateMachine",
        json!({ "stateMachineArn": format!("{arn}:2") }),
    )
    .await;
    assert_eq!(
        (&second["description"], second.get("revisionId")),
        (&json!("second"), None)
    );
    let request = json!({ "stateMachineAliasArn": format!("{arn}:live") });
    let alias = call(&api, "DescribeStateMachineAlias", request).await;
    assert_eq!(
        alias,
        json!({
            "stateMachineAliasArn": format!("{arn}:live"), "name": "live", "description": "for all",
            "routingConfiguration": [
                { "stateMachineVersionArn": format!("{arn}:2"), "weight": 10 },
                { "stateMachineVersionArn": format!("{arn}:3"), "weight": 90 }
            ],
            "creationDate": 1_795_946_403.0, "updateDate": 1_795_946_404.0
        })
    );
    let tags = call(&api, "ListTagsForResource", json!({ "resourceArn": arn })).await;
    assert_eq!(
        tags,
        json!({ "tags": [{ "key": "z", "value": "1" }, { "key": "a", "value": "" }] })
    );
    let activities = call(&api, "ListActivities", json!({})).await;
    assert_eq!(
        activities["activities"],
        json!([{ "activityArn": FORMAT_1[4].1, "name": "Oven", "creationDate": 1_795_946_405.0 }])
    );
    // Publishing is the same as before: the revision has its version, and a new one the next number.
    let publish = json!({ "stateMachineArn": arn });
    let again = call(&api, "PublishStateMachineVersion", publish.clone()).await;
    assert_eq!(again["stateMachineVersionArn"], format!("{arn}:3"));
    let update = json!({ "stateMachineArn": arn, "tracingConfiguration": { "enabled": false } });
    call(&api, "UpdateStateMachine", update).await;
    let next: Value = call(&api, "PublishStateMachineVersion", publish).await;
    assert_eq!(next["stateMachineVersionArn"], format!("{arn}:4"));
    assert_eq!(store.documents("revision").unwrap().len(), 3);
    close(api).await;
}
