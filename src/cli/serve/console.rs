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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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

    fn mode(&self, host: IpAddr) -> Mode {
        let default = if host.is_loopback() { Mode::Write } else { Mode::Read };
        self.console.unwrap_or(default)
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
        let console = Console::new(api.clone()).read_only(self.mode(host) == Mode::Read);
        let console = access_keys
            .iter()
            .fold(console, |console, (id, secret)| console.access_key(id, secret));
        router.merge(console.into_router())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn beyond_this_machine_it_only_looks_unless_told_otherwise() {
        let mode = |console, host: [u8; 4]| ConsoleOptions { console }.mode(Ipv4Addr::from(host).into());
        assert_eq!(mode(None, [127, 0, 0, 1]), Mode::Write);
        assert_eq!(mode(None, [0, 0, 0, 0]), Mode::Read);
        assert_eq!(mode(None, [10, 0, 0, 1]), Mode::Read);
        assert_eq!(mode(Some(Mode::Write), [10, 0, 0, 1]), Mode::Write);
        assert_eq!(mode(Some(Mode::Read), [127, 0, 0, 1]), Mode::Read);
    }
}
