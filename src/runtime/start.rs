//! What is to start.

use std::sync::Arc;

use super::mocks::Mocks;
use super::running::Origin;
use crate::execution::{Program, StartOptions};

/// An execution that is to start.
pub(super) struct Start {
    pub(super) program: Arc<Program>,
    pub(super) options: StartOptions,
    pub(super) origin: Origin,
    /// Whether its name may be one that was used before.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store asks"))]
    pub(super) is_named: bool,
    /// Whether it is given up when a store does not write, and its caller told. Otherwise it waits until the store does.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store asks"))]
    pub(super) is_refusable: bool,
    /// The id of the attempt of a task that starts it.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store asks"))]
    pub(super) started_by: Option<Arc<str>>,
    /// What answers tasks of it in place of their work.
    pub(super) mocks: Option<Arc<dyn Mocks>>,
    /// What a service above was asked for.
    #[cfg(feature = "store")]
    pub(super) request: Option<crate::store::StoredRequest>,
    /// What is kept of its trace.
    #[cfg(feature = "store")]
    pub(super) trace: Option<crate::store::StoredTrace>,
    /// Who asks for it.
    #[cfg(feature = "otel")]
    pub(super) caller: crate::telemetry::Caller,
}
