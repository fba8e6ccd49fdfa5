//! Names and payloads that are markup: they are shown as what they are, text.

use serde_json::{Value, json};

use super::super::server::Server;
use super::{Browser, execution, execution_arn, machine, open};

const IMAGE: &str = "<img src=x onerror=alert(1)>";
const SCRIPT: &str = "</pre></textarea><script>alert(2)</script>";
const DRAWING: &str = "<svg/onload=alert(3)>";
const HEBREW: &str = "שלום עולם";

/// All that could be run: the page has one script, and draws by no `img`.
const INJECTED: &str = "[document.scripts.length, document.querySelectorAll('img, iframe, object, embed, b > i, [onload], [onerror], [srcdoc], [style*=alert]').length]";

#[tokio::test]
async fn markup_in_names_and_payloads_is_text() {
    let server = Server::start().await;
    let name = format!("hostile-{}", "n".repeat(72));
    server.create(&name, &hostile()).await;
    let input = json!({ "<b><i>key</i></b>": SCRIPT, HEBREW: "\u{202e}evil" });
    server.begin(&name, "first", &input).await;
    server.begin(&name, "second", &json!({ "other": IMAGE })).await;
    let Some(mut page) = open(server.address, "#/").await else {
        return;
    };
    let first = execution(&name, "first");
    let compared = format!(
        "#/compare/{}/{}",
        execution_arn(&name, "first"),
        execution_arn(&name, "second")
    );
    for (place, text) in [
        (machine(&name), "first"),
        (format!("{}?tab=diagram", machine(&name)), IMAGE),
        (format!("{}?tab=definition", machine(&name)), IMAGE),
        (format!("{}?tab=edit", machine(&name)), "No errors"),
        (format!("{first}?tab=history"), IMAGE),
        (format!("{first}?tab=timeline"), IMAGE),
        (format!("{first}?tab=data"), SCRIPT),
        (format!("{first}?view=debugger"), IMAGE),
        (compared, IMAGE),
        (format!("#/executions/{IMAGE}"), "InvalidArn"),
        (format!("#/{SCRIPT}"), "There is no such page."),
    ] {
        page.go(&place).await;
        page.shows(text).await;
        assert_eq!(page.evaluate(INJECTED).await, json!([1, 0]), "{place}");
    }

    what_failed_and_what_a_test_says(&mut page, &first).await;
    assert_eq!(page.evaluate(INJECTED).await, json!([1, 0]));
    assert_eq!(page.evaluate("refused").await, json!([]));
    assert_eq!(page.complaints_beyond_400(), Vec::<String>::new());
    page.close().await;
}

/// Payloads in the failure, in an event that is opened, and in a test file.
async fn what_failed_and_what_a_test_says(page: &mut Browser, first: &str) {
    page.go(first).await;
    page.reads(".failure", DRAWING).await;
    page.reads(".failure", IMAGE).await;
    page.evaluate("document.querySelector('.events-table .vl').focus()")
        .await;
    page.press("ArrowDown").await;
    page.press("Enter").await;
    page.reads(".events-table .vl-details", SCRIPT).await;
    page.click("button", "Test file").await;
    page.reads("dialog .json-text", SCRIPT).await;
    page.press("Escape").await;
}

/// Names as long as they may be, in scripts that are read from the right, and of people with joined letters.
fn hostile() -> Value {
    let family = "👩‍👩‍👧‍👦 family 🏳️‍🌈 state with a really quite long name";
    json!({ "StartAt": IMAGE, "States": {
        IMAGE: { "Type": "Pass", "Result": { SCRIPT: IMAGE, "big": 12_345_678_901_234_567_890_u64 }, "ResultPath": "$.of", "Next": HEBREW },
        HEBREW: { "Type": "Pass", "Next": family },
        family: { "Type": "Pass", "Next": "Averylongwordwithoutanyplacetobreakitwhichhastobecutorelseitoverflows" },
        "Averylongwordwithoutanyplacetobreakitwhichhastobecutorelseitoverflows": {
            "Type": "Fail", "Error": DRAWING, "Cause": json!({ "errorMessage": IMAGE, "trace": [SCRIPT] }).to_string()
        }
    } })
}

impl Browser {
    /// Waits until a text is seen anywhere: also in a drawing, or in a field.
    async fn shows(&mut self, text: &str) {
        let text = json!(text);
        self.wait_for(&format!(
            "document.querySelector('main').innerText.includes({text})
             || [...document.querySelectorAll('.hit')].some((state) => state.getAttribute('aria-label').startsWith({text}))"
        ))
        .await;
    }

    /// What the browser complained of, but for the names that the server refuses.
    fn complaints_beyond_400(&self) -> Vec<String> {
        let complaints = self.complaints.iter();
        complaints
            .filter(|complaint| !complaint.contains("status of 400"))
            .cloned()
            .collect()
    }
}
