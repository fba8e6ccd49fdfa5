//! The fields `Retry` and `Catch` of the states that have both.

/// `Retry`, `Catch`
macro_rules! retry_and_catch {
    () => {
        /// `Retry`: adds a Retrier; they are tried in order.
        pub fn retry(mut self, retrier: crate::definition::builder::RetrierBuilder) -> Self {
            self.0.push("Retry", retrier.into_document());
            self
        }

        /// `Catch`: adds a Catcher; they are tried in order, when no Retrier goes on.
        pub fn catch(mut self, catcher: crate::definition::builder::CatcherBuilder) -> Self {
            self.0.push("Catch", catcher.into_document());
            self
        }
    };
}

pub(super) use retry_and_catch;
