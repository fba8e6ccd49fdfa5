//! Every view and dialog, light and dark, wide and on a phone: usable by somebody with a screen reader or weak eyes.
//!
//! axe-core looks for what is not: `.ci/axe` installs it. `ASL_CONSOLE_PICTURES=FOLDER` keeps a picture of each.

use std::env;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::machines;
use super::{Browser, HEIGHT, WIDTH, execution, execution_arn, machine, open};

const NARROW: (u32, u32) = (390, 844);

/// The script of axe-core, or `None` where it is not installed.
fn axe() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/axe/node_modules/axe-core/axe.min.js");
    let script = fs::read_to_string(path).ok();
    if script.is_none() {
        let required = env::var_os("ASL_AXE_REQUIRED").is_some();
        assert!(
            !required,
            "there is no axe-core (`.ci/axe` installs it), and ASL_AXE_REQUIRED is set"
        );
        eprintln!("skipped: there is no axe-core (`.ci/axe` installs it)");
    }
    script
}

/// A page on which each view is looked at, and all that is wrong with them.
struct Tour {
    page: Browser,
    faults: Vec<String>,
}

impl Tour {
    async fn begin(server: &super::super::server::Server) -> Option<Self> {
        let script = axe()?;
        let mut page = open(server.address, "#/").await?;
        page.evaluate(&script).await;
        Some(Self {
            page,
            faults: Vec::new(),
        })
    }

    /// Goes to a place, and looks at it when a text is there.
    async fn visit(&mut self, name: &str, place: &str, selector: &str, text: &str) {
        self.page.go(place).await;
        self.page.reads(selector, text).await;
        self.look(name).await;
    }

    /// Looks at what is shown, in all ways.
    async fn look(&mut self, name: &str) {
        self.check(name, "all").await;
        self.picture(name, "1280-light").await;
        self.page.prefer("dark").await;
        self.check(name, "dark").await;
        self.picture(name, "1280-dark").await;
        self.page.resize(NARROW.0, NARROW.1, true).await;
        self.picture(name, "390-dark").await;
        self.page.prefer("light").await;
        self.check(name, "narrow").await;
        let width = self.page.evaluate("document.documentElement.scrollWidth").await;
        if width != NARROW.0 {
            self.faults.push(format!("{name}: {width} pixels wide on a phone"));
        }
        self.picture(name, "390-light").await;
        self.page.resize(WIDTH, HEIGHT, false).await;
    }

    /// Notes what axe-core objects to; in other colours only colours can be wrong.
    async fn check(&mut self, name: &str, how: &str) {
        let rules = if how == "dark" {
            ", runOnly: ['color-contrast']"
        } else {
            ""
        };
        let run = format!(
            "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))
               .then(() => axe.run(document, {{ resultTypes: ['violations']{rules} }}))
               .then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) => nodes.slice(0, 3).map((node) =>
                 `${{id}}: ${{node.failureSummary.split('\\n').slice(1).join(';')}} in ${{node.html.slice(0, 200)}}`)))"
        );
        let found: Vec<String> = serde_json::from_value(self.page.evaluate(&run).await).unwrap();
        self.faults
            .extend(found.into_iter().map(|fault| format!("{name}, {how}: {fault}")));
    }

    async fn picture(&mut self, name: &str, how: &str) {
        let Some(folder) = env::var_os("ASL_CONSOLE_PICTURES") else {
            return;
        };
        fs::create_dir_all(&folder).unwrap();
        // What stays at the top of the window would stand in the middle of the picture.
        self.page.evaluate("window.scrollTo(0, 0)").await;
        let picture = self.page.screenshot().await;
        fs::write(Path::new(&folder).join(format!("{name}-{how}.png")), picture).unwrap();
    }

    async fn close_dialog(&mut self) {
        self.page.press("Escape").await;
        self.page.wait_for("!document.querySelector('dialog')").await;
    }

    async fn end(self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
        self.page.leave().await;
    }
}

#[tokio::test]
async fn machines_and_their_definitions() {
    let server = machines::server().await;
    let Some(mut tour) = Tour::begin(&server).await else {
        return;
    };
    let checkout = machine("Checkout");
    tour.page
        .wait_for("document.querySelectorAll('tbody .strip').length === 4")
        .await;
    tour.visit("machines", "#/", "tbody tr", "Quick").await;
    tour.visit("machine", &checkout, ".executions-table [role=row]", "declined")
        .await;
    tour.page.go(&format!("{checkout}?tab=diagram")).await;
    tour.page.state_is("Ship, Pass").await;
    tour.look("machine-diagram").await;
    tour.visit(
        "machine-definition",
        &format!("{checkout}?tab=definition"),
        ".definition",
        "Check Order",
    )
    .await;
    tour.page.click("button", "As a tree").await;
    tour.look("machine-definition-tree").await;
    tour.visit("machine-versions", &format!("{checkout}?tab=versions"), "table", "PROD")
        .await;
    tour.visit(
        "machine-express",
        &machine("Quick"),
        ".panel-body",
        "Express executions are not kept",
    )
    .await;
    tour.visit("nowhere", "#/nowhere", ".notice", "There is no such page.")
        .await;
    let (paid, declined) = (execution_arn("Checkout", "paid"), execution_arn("Checkout", "declined"));
    tour.visit(
        "compare",
        &format!("#/compare/{paid}/{declined}"),
        ".compare-rows",
        "Rejected",
    )
    .await;
    tour.end().await;
}

#[tokio::test]
async fn executions_and_their_parts() {
    let server = machines::server().await;
    let Some(mut tour) = Tour::begin(&server).await else {
        return;
    };
    let declined = execution("Checkout", "declined");
    tour.visit(
        "execution-failed",
        &declined,
        ".events-table [role=row]",
        "MapStateEntered",
    )
    .await;
    for part in ["Attempts", "Variables", "Definition", "Events"] {
        tour.page.click("tab", part).await;
        tour.look(&format!("state-{}", part.to_lowercase())).await;
    }
    tour.page
        .evaluate("document.querySelector('.events-table .vl').focus()")
        .await;
    tour.page.press("ArrowDown").await;
    tour.page.press("Enter").await;
    tour.page.reads(".vl-details", "A-2").await;
    tour.look("execution-event").await;
    let paid = execution("Checkout", "paid");
    tour.visit(
        "execution-timeline",
        &format!("{paid}?tab=timeline"),
        ".timeline-table",
        "Charge All",
    )
    .await;
    tour.visit(
        "execution-iterations",
        &format!("{paid}?tab=iterations"),
        ".iterations-table",
        "Succeeded",
    )
    .await;
    tour.visit(
        "execution-data",
        &format!("{paid}?tab=data"),
        "[role=tabpanel]",
        "Output",
    )
    .await;
    let files = execution("Files", "some-fail");
    tour.visit(
        "execution-map-runs",
        &format!("{files}?tab=map-runs"),
        ".children-table",
        "Declined",
    )
    .await;
    let parent = execution("Parent", "first");
    tour.visit(
        "execution-nested",
        &format!("{parent}?tab=nested"),
        ".nested-tree .status",
        "Failed",
    )
    .await;
    let waiting = execution("Approval", "waiting");
    tour.visit(
        "execution-waiting",
        &format!("{waiting}?tab=waiting"),
        ".waiting-list",
        "Ask",
    )
    .await;
    tour.end().await;
}

#[tokio::test]
async fn debugger_and_editor() {
    let server = machines::server().await;
    let Some(mut tour) = Tour::begin(&server).await else {
        return;
    };
    let declined = execution("Checkout", "declined");
    tour.visit(
        "debugger",
        &format!("{declined}?view=debugger"),
        ".dbg-timeline",
        "events",
    )
    .await;
    tour.page.click("tab", "Calls").await;
    tour.look("debugger-calls").await;
    tour.page
        .evaluate("document.querySelector('.dbg-calls-table .vl').focus()")
        .await;
    for key in ["ArrowDown", "ArrowDown", "Enter"] {
        tour.page.press(key).await;
    }
    tour.page.reads("dialog", "See what follows").await;
    tour.look("dialog-other-answer").await;
    tour.page.click("radio", "A value").await;
    tour.page.click("button", "See what follows").await;
    tour.page.reads(".dbg-compare", "then they part").await;
    tour.look("debugger-other-answer").await;
    tour.page.click("button", "Save as a test").await;
    tour.page.reads("dialog .dbg-yaml", "cases").await;
    tour.look("dialog-save-test").await;
    tour.close_dialog().await;

    tour.visit(
        "editor",
        &format!("{}?tab=edit", machine("Checkout")),
        ".ed-state-words",
        "No errors",
    )
    .await;
    tour.page.fill("Input", r#"{ "id": "B", "items": [{}] }"#).await;
    tour.page.click("button", "Run").await;
    tour.page.reads(".ed-asked h3", "Charge").await;
    tour.look("editor-asks").await;
    tour.page.click("button", "Answer and go on").await;
    tour.page.reads(".ed-ending", "Succeeded").await;
    tour.look("editor-ran").await;
    tour.page.click("button", "Add an answer of Charge").await;
    tour.look("dialog-answer").await;
    tour.close_dialog().await;
    tour.visit(
        "editor-finish",
        &format!("{}?tab=edit", machine("Approval")),
        ".ed-state-words",
        "No errors",
    )
    .await;
    tour.page.click("tab", "Would it finish what runs?").await;
    tour.page.click("button", "Try it").await;
    tour.page.reads(".ed-verdicts", "Goes on").await;
    tour.look("editor-verdicts").await;
    tour.page.fill("Definition", "{\n  \"StartAt\": \"A\"\n}").await;
    tour.page.reads(".ed-problems", "line 1").await;
    tour.look("editor-problems").await;
    tour.page.click("button", "Discard changes").await;
    tour.visit("editor-alone", "#/editor", ".ed-state-words", "No errors")
        .await;
    tour.page.click("button", "Create").await;
    tour.page.reads("dialog", "Role").await;
    tour.look("dialog-create").await;
    tour.end().await;
}

#[tokio::test]
async fn dialogs() {
    let server = machines::server().await;
    let Some(mut tour) = Tour::begin(&server).await else {
        return;
    };
    let buttons: [(&str, String, &str); 6] = [
        ("keys", "#/".to_owned(), "Keys"),
        ("start", machine("Checkout"), "Start execution"),
        ("stop", execution("Approval", "waiting"), "Stop"),
        (
            "answer-token",
            format!("{}?tab=waiting", execution("Approval", "waiting")),
            "Answer Ask",
        ),
        ("redrive", execution("Checkout", "declined"), "Redrive"),
        ("test-file", execution("Checkout", "paid"), "Test file"),
    ];
    for (name, place, button) in buttons {
        tour.page.go(&place).await;
        // What cannot be used yet opens nothing.
        let is_ready = format!(
            "[...document.querySelectorAll('button:not([aria-disabled])')].some((known) => (known.ariaLabel ?? known.textContent) === {})",
            json!(button)
        );
        tour.page.wait_for(&is_ready).await;
        tour.page.click("button", button).await;
        tour.page.reads("dialog h2", "").await;
        tour.look(&format!("dialog-{name}")).await;
        tour.close_dialog().await;
    }
    // A mistake is told beside what is wrong.
    tour.page.go(&machine("Checkout")).await;
    tour.page.click("button", "Start execution").await;
    tour.page.fill("Input", "{").await;
    tour.page.reads("dialog .problem", "Line 1").await;
    tour.look("dialog-start-mistake").await;
    tour.end().await;
}
