//! The driver's clock.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use std::sync::Arc;
use tokio::time::{Duration, Instant};

use super::virtual_time::{TaskKey, VirtualTime, Working};

/// An interpreter's clock: the system's time, a faster one, or virtual time.
///
/// It is measured by tokio's clock, so `tokio::time::pause` stops it too.
#[derive(Debug, Clone)]
pub struct Clock {
    started: DateTime<Utc>,
    origin: Instant,
    speed: f64,
    /// In virtual time.
    time: Option<Arc<VirtualTime>>,
}

impl Clock {
    /// The system's time.
    #[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
    pub fn system() -> Self {
        Self {
            started: Utc::now(),
            origin: Instant::now(),
            speed: 1.0,
            time: None,
        }
    }

    /// A clock that starts at the system's time and runs `speed` times as fast: at 1000, a wait of half a minute takes
    /// 30 ms. Speeds that are not positive and finite count as 1, higher ones than a billion as a billion.
    #[must_use]
    pub fn faster(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed.min(1e9)
        } else {
            1.0
        };
        Self {
            speed,
            ..Self::system()
        }
    }

    /// Virtual time, which starts at the system's time: waits, delays of retries and timeouts are skipped, in their order.
    ///
    /// * Time stands still while handlers work: their answers take no time. So a run takes exactly as long as its waits, and
    ///   in a tokio runtime of one thread its history is the one of a [`Simulation`](crate::Simulation) with the same answers.
    /// * When no handler works and nothing is left to be written to a store, time jumps to the next deadline.
    /// * While an answer from outside is outstanding, of a worker of an activity or by a task token, nothing is skipped: time
    ///   goes on to the next deadline when the system's clock has waited for as long. Such an answer, a heartbeat and
    ///   every call from outside take the time that they took.
    /// * A handler that takes longer than until the next deadline, such as its timeout, lets time go on to it in the same way.
    ///
    /// Each tokio runtime has its own virtual time. Work beside executions does not hold it back, such as the deliveries of an
    /// event bus; those do that a task waits for
    /// ([`LocalEventBus::wait_for_targets`](crate::handlers::event_bus::LocalEventBus::wait_for_targets)).
    ///
    /// ```
    /// use asl_engine::runtime::Clock;
    /// use asl_engine::{Interpreter, StateMachine};
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let year: StateMachine =
    ///     r#"{ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 31536000, "End": true } } }"#.parse()?;
    /// let started = Interpreter::new().clock(Clock::virtual_time()).start(&year, json!({}))?;
    /// started.outcome().await;
    /// let took = started.stop_time().unwrap_or_default() - started.start_time();
    /// assert_eq!(took.num_days(), 365);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn virtual_time() -> Self {
        Self {
            time: Some(VirtualTime::new()),
            ..Self::system()
        }
    }

    /// The same clock, starting at this time.
    ///
    /// Under a store, the times of waits and timeouts are written by the clock that set them. A faster clock is ahead of the
    /// system's time, so that the next process lets its own one start where the last one was.
    #[must_use]
    pub fn starting_at(self, time: DateTime<Utc>) -> Self {
        Self { started: time, ..self }
    }

    /// The clock for one tokio runtime.
    pub(super) fn of_runtime(mut self) -> Self {
        if self.time.is_some() {
            self.time = Some(VirtualTime::new());
            // As executions begin.
            self.started = self.started.trunc_subsecs(6);
        }
        self
    }

    pub(super) fn is_virtual(&self) -> bool {
        self.time.is_some()
    }

    /// Keeps time from being skipped, where it would be.
    pub(super) fn working(&self) -> Working {
        self.time.as_ref().map(VirtualTime::working).unwrap_or_default()
    }

    /// The same while a handler works on a task.
    pub(super) fn begin(&self, task: impl FnOnce() -> TaskKey) -> Working {
        let time = self.time.as_ref();
        time.map(|time| time.begin(task())).unwrap_or_default()
    }

    /// Virtual time, if it is that.
    pub(super) fn time(&self) -> Option<&VirtualTime> {
        self.time.as_deref()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        if let Some(time) = &self.time {
            return self.time_of(time.now());
        }
        let elapsed = self.origin.elapsed();
        #[expect(clippy::float_cmp, reason = "the speed of a clock that is not faster is exactly 1")]
        let elapsed = if self.speed == 1.0 {
            Ok(elapsed)
        } else {
            Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.speed)
        };
        elapsed
            .ok()
            .and_then(|elapsed| TimeDelta::from_std(elapsed).ok())
            .and_then(|elapsed| self.started.checked_add_signed(elapsed))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// A time as its distance from the clock's start in nanoseconds, negative before it; at most about 292 years.
    pub(super) fn ticks_of(&self, time: DateTime<Utc>) -> i64 {
        let after = time - self.started;
        let is_before = after < TimeDelta::zero();
        after
            .num_nanoseconds()
            .unwrap_or(if is_before { i64::MIN } else { i64::MAX })
    }

    /// The time of a distance from the clock's start.
    pub(super) fn time_of(&self, ticks: i64) -> DateTime<Utc> {
        let after = TimeDelta::nanoseconds(ticks);
        let latest = DateTime::<Utc>::MAX_UTC;
        self.started.checked_add_signed(after).unwrap_or(latest)
    }

    /// The instant at which the clock will show this time.
    pub(super) fn instant_of(&self, time: DateTime<Utc>) -> Instant {
        // The longest sleep that tokio supports for certain. A longer wait wakes up on the way and sleeps again.
        const FAR: Duration = Duration::from_hours(24 * 365 * 30);
        let far = Instant::now() + FAR;
        if self.time.is_some() {
            let after = (time - self.now()).to_std().unwrap_or_default();
            return Instant::now() + after.min(FAR);
        }
        let seconds = (time - self.started)
            .to_std()
            .map_or(0.0, |after| after.as_secs_f64() / self.speed);
        // One microsecond more, so that a rounding error cannot wake us just before the deadline.
        Duration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|after| self.origin.checked_add(after.saturating_add(Duration::from_micros(1))))
            .map_or(far, |at| at.min(far))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}
