/// Why a payload was not posted (API Gateway `PostToConnection`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostToConnectionError {
    /// `GoneException`: there is no such connection, not yet or not any more.
    #[error("the connection is gone")]
    Gone,
    /// `PayloadTooLargeException`: the payload is longer than a message may be.
    #[error("the payload is longer than {limit} bytes")]
    PayloadTooLarge {
        /// How many bytes it may have.
        limit: usize,
    },
    /// `LimitExceededException`: the client does not read fast enough, and its queue is full. Try later.
    #[error("the client does not read fast enough, and its queue is full")]
    LimitExceeded,
}
