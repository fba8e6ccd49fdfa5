//! How time passes: `--wait-time-scale` and `--virtual-time`.

use clap::Args;
use tokio::runtime::Builder;

use crate::cli::failure::Failure;
use crate::runtime::{Clock, Interpreter};

/// Options for the passing of time.
#[derive(Args)]
pub(super) struct Time {
    /// Multiply the times of Wait states, but neither timeouts nor the delays of retries
    #[arg(long, value_name = "FACTOR", env = "WAIT_TIME_SCALE", hide_env_values = true, value_parser = scale)]
    wait_time_scale: Option<f64>,
    /// Skip waits, delays of retries and timeouts, in their order; while an answer from outside is outstanding, none
    #[arg(long)]
    virtual_time: bool,
}

fn scale(text: &str) -> Result<f64, String> {
    let scale: Result<f64, _> = text.trim().parse();
    match scale {
        Ok(scale) if scale.is_finite() && scale >= 0.0 => Ok(scale),
        _ => Err("write a number from 0, such as 0.01".to_owned()),
    }
}

impl Time {
    pub(super) fn set(&self, mut interpreter: Interpreter, is_stored: bool) -> Result<Interpreter, Failure> {
        if let Some(scale) = self.wait_time_scale {
            interpreter = interpreter.wait_time_scale(scale);
        }
        if !self.virtual_time {
            return Ok(interpreter);
        }
        if is_stored {
            let message = "virtual time is ahead of the system's, where a store goes on after a restart";
            return Err(Failure::new(message).help("leave out `--virtual-time` or `--data`"));
        }
        Ok(interpreter.clock(Clock::virtual_time()))
    }

    pub(super) fn is_virtual(&self) -> bool {
        self.virtual_time
    }

    /// The tokio runtime: of one thread in virtual time, where things that happen at the same time have one order.
    pub(super) fn runtime(&self) -> Builder {
        if self.virtual_time {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        }
    }
}
