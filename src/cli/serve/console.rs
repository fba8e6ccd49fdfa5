//! `--console`: what runs, in a browser.

use axum::Router;
use clap::{Args, ValueEnum};
use std::net::IpAddr;

use crate::server::StepFunctions;
use crate::server::console::Console;

/// Options for the console.
#[derive(Args)]
pub(super) struct ConsoleOptions {
    /// What the console at `/console/` may do; default: `write` on this machine alone, `read` at any other `--host`
    #[arg(long, value_name = "MODE")]
    console: Option<Mode>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Look, and start, stop, redrive and answer too
    Write,
    /// Look
    Read,
    /// There is no console
    Off,
}

impl ConsoleOptions {
    pub(super) fn is_there(&self) -> bool {
        self.console != Some(Mode::Off)
    }

    /// The API's service with the console.
    pub(super) fn serve(
        &self,
        api: &StepFunctions,
        router: Router,
        host: IpAddr,
        access_keys: &[(String, String)],
    ) -> Router {
        if !self.is_there() {
            return router;
        }
        let default = if host.is_loopback() { Mode::Write } else { Mode::Read };
        let mode = self.console.unwrap_or(default);
        let console = Console::new(api.clone()).read_only(mode == Mode::Read);
        let console = access_keys
            .iter()
            .fold(console, |console, (id, secret)| console.access_key(id, secret));
        router.merge(console.into_router())
    }
}
