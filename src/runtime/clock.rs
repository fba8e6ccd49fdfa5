//! The driver's clock.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Duration, Instant};

/// An interpreter's clock: the system's time, or a faster one.
///
/// It is measured by tokio's clock, so `tokio::time::pause` stops it too.
#[derive(Debug, Clone)]
pub struct Clock {
    started: DateTime<Utc>,
    origin: Instant,
    speed: f64,
}

impl Clock {
    /// The system's time.
    #[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
    pub fn system() -> Self {
        Self {
            started: Utc::now(),
            origin: Instant::now(),
            speed: 1.0,
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

    /// The same clock, starting at this time.
    ///
    /// Under a store, the times of waits and timeouts are written by the clock that set them. A faster clock is ahead of the
    /// system's time, so that the next process lets its own one start where the last one was.
    #[must_use]
    pub fn starting_at(self, time: DateTime<Utc>) -> Self {
        Self { started: time, ..self }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
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
        self.started + TimeDelta::nanoseconds(ticks)
    }

    /// The instant at which the clock will show this time.
    pub(super) fn instant_of(&self, time: DateTime<Utc>) -> Instant {
        // The longest sleep that tokio supports for certain. A longer wait wakes up on the way and sleeps again.
        const FAR: Duration = Duration::from_hours(24 * 365 * 30);
        let far = Instant::now() + FAR;
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
