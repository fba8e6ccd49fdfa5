//! A process that can be killed.

use std::process::{Child, Command};

/// A process of a test, which ends with it.
#[derive(Default)]
pub(crate) struct Process(Option<Child>);

impl Process {
    pub(crate) fn start(&mut self, command: &mut Command) {
        self.0 = Some(command.spawn().unwrap());
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.0.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
