//! One process: texts in, texts out, within a time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::FunctionProgram;
use super::complaints::Complaints;
use super::descendants::kill_family;

/// The largest answer: a larger result is beyond AWS's quota anyway.
const LARGEST: u64 = 16 << 20;

/// How often the end of a process is asked for.
const POLL: Duration = Duration::from_millis(2);

/// How often it is asked whether the caller has given up.
const SLICE: Duration = Duration::from_millis(50);

/// How long nothing comes after the end of a process, before its output counts as whole: what it has left running may hold
/// its standard output open for ever.
const SILENCE: Duration = Duration::from_millis(100);

/// How long a process may go on after its standard input has ended.
const FAREWELL: Duration = Duration::from_millis(500);

/// A running process of the shell. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// To the thread that writes to standard input: a process need not read, and its pipe may be full.
    input: Option<Sender<String>>,
    /// From the thread that reads standard output: lines, or pieces of the whole.
    output: Receiver<Vec<u8>>,
    complaints: Option<Complaints>,
    has_been_waited_for: bool,
}

/// What came out of a process.
#[derive(Debug)]
pub(super) enum Received {
    /// A line, or the whole output.
    Text(String),
    /// More than we read.
    TooLarge,
    /// The output has ended.
    End,
    /// The time is over.
    Nothing,
}

impl Process {
    /// Starts the command of a function in the shell. Its output is read line by line or as a whole.
    pub(super) fn start(function: &FunctionProgram, by_lines: bool) -> io::Result<Self> {
        let command = &*function.command;
        let mut shell = if cfg!(windows) {
            let mut shell = Command::new("cmd");
            shell.args(["/C", command]);
            shell
        } else {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]);
            shell
        };
        if let Some(folder) = &function.folder {
            shell.current_dir(folder);
        }
        #[cfg(unix)]
        if function.is_apart {
            std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        }
        let mut child = shell
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .env("ASL_FUNCTION_TIMEOUT", function.timeout.as_secs_f64().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (input, texts) = channel::<String>();
        if let Some(mut stdin) = child.stdin.take() {
            thread::spawn(move || {
                for text in texts {
                    // A program may ignore its input, so a broken pipe is fine.
                    if stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).is_err() {
                        break;
                    }
                }
            });
        }
        let (answers, output) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || read(BufReader::new(stdout), by_lines, &answers));
        }
        let stderr = child.stderr.take();
        let complaints = stderr.map(|stderr| Complaints::of(BufReader::new(stderr), &function.name, function.is_quiet));
        Ok(Self {
            child,
            input: Some(input),
            output,
            complaints,
            has_been_waited_for: false,
        })
    }

    pub(super) fn send(&mut self, text: String) {
        if let Some(input) = &self.input {
            // The writing thread has gone away with the process, whose end is noticed by its output.
            let _ = input.send(text);
        }
    }

    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// The line that comes within the time, unless the caller gives up before.
    pub(super) fn line(&mut self, time: Duration, has_given_up: &AtomicBool) -> Received {
        let mut left = time;
        loop {
            let slice = left.min(SLICE);
            match self.output.recv_timeout(slice) {
                Ok(line) => return text(&line),
                Err(RecvTimeoutError::Disconnected) => return Received::End,
                Err(RecvTimeoutError::Timeout) => {
                    left = left.saturating_sub(slice);
                    if left.is_zero() || has_given_up.load(Ordering::Relaxed) {
                        return Received::Nothing;
                    }
                }
            }
        }
    }

    /// The whole output of a process that ends within the time, unless the caller gives up before.
    pub(super) fn whole(&mut self, time: Duration, has_given_up: &AtomicBool) -> Received {
        let (mut left, mut silent) = (time, Duration::ZERO);
        let mut whole = Vec::new();
        loop {
            let slice = left.min(SLICE);
            match self.output.recv_timeout(slice) {
                Ok(piece) => {
                    silent = Duration::ZERO;
                    whole.extend(piece);
                    if whole.len() as u64 > LARGEST {
                        return Received::TooLarge;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return text(&whole),
                Err(RecvTimeoutError::Timeout) => {
                    left = left.saturating_sub(slice);
                    silent += slice;
                    if silent >= SILENCE && self.has_ended() {
                        return text(&whole);
                    }
                    if left.is_zero() || has_given_up.load(Ordering::Relaxed) {
                        return Received::Nothing;
                    }
                }
            }
        }
    }

    /// What it has written since its last answer.
    pub(super) fn unasked(&mut self) -> Option<String> {
        let line = self.output.try_recv().ok()?;
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.has_been_waited_for |= matches!(self.child.try_wait(), Ok(Some(_)));
        self.has_been_waited_for
    }

    /// The status of its end; `None` if it does not come in time. What it wrote to standard error has been shown then.
    pub(super) fn wait(&mut self, time: Duration) -> Option<ExitStatus> {
        let mut left = time;
        let status = loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                break status;
            }
            left = left.checked_sub(POLL)?;
            thread::sleep(POLL);
        };
        self.has_been_waited_for = true;
        if let Some(complaints) = &self.complaints {
            complaints.wait(FAREWELL);
        }
        Some(status)
    }

    /// A call has ended: what a quiet process wrote to standard error meanwhile is shown if the call failed.
    pub(super) fn settle(&self, has_failed: bool) {
        if let Some(complaints) = &self.complaints {
            complaints.settle(has_failed);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.has_been_waited_for {
            return;
        }
        let is_idle = self.input.take().is_some();
        if is_idle && self.wait(FAREWELL).is_some() {
            return;
        }
        kill_family(self.child.id());
        // It may have ended by itself meanwhile.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> Received {
    if bytes.len() as u64 > LARGEST {
        return Received::TooLarge;
    }
    Received::Text(String::from_utf8_lossy(bytes).into_owned())
}

/// Sends the lines, or the output piece by piece, until there is more than we read.
fn read(mut stdout: impl BufRead, by_lines: bool, answers: &Sender<Vec<u8>>) {
    let mut left = LARGEST + 1;
    loop {
        let mut bytes = Vec::new();
        let read = if by_lines {
            stdout.by_ref().take(LARGEST + 1).read_until(b'\n', &mut bytes).is_ok()
        } else {
            piece(&mut stdout, &mut bytes).is_ok()
        };
        left = left.saturating_sub(bytes.len() as u64);
        let is_over = !read || bytes.len() as u64 > LARGEST || (!by_lines && left == 0);
        // Nobody may be left who waits for it.
        if bytes.is_empty() || answers.send(bytes).is_err() || is_over {
            return;
        }
    }
}

/// What is there.
fn piece(stdout: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<()> {
    let there = stdout.fill_buf()?;
    bytes.extend_from_slice(there);
    let length = there.len();
    stdout.consume(length);
    Ok(())
}
