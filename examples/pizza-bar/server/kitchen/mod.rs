//! Where pizzas are made: in this process, or on a cluster.

#[cfg(feature = "restate")]
pub(crate) mod cluster;
pub(crate) mod here;

use asl_engine::loading::Substitutions;
use asl_engine::{InvalidDefinition, Outcome, StateMachine};
use serde_json::Value;

use super::{ORDER_BUS, pages};

/// The name of the state machine.
pub(crate) const MACHINE_NAME: &str = "PizzaBar";

/// The state machine of the bar.
pub(crate) fn machine() -> Result<StateMachine, InvalidDefinition> {
    let substitutions = Substitutions::new().with("PizzaOrderEventBus", ORDER_BUS);
    StateMachine::parse_with(pages::MACHINE, &substitutions)
}

/// Where pizzas are made.
#[derive(Clone)]
pub(crate) enum Kitchen {
    Here(here::Here),
    #[cfg(feature = "restate")]
    Cluster(Box<cluster::Cluster>),
}

/// A pizza that is made.
pub(crate) enum Pizza {
    Here(asl_engine::runtime::ExecutionHandle),
    #[cfg(feature = "restate")]
    Cluster(Box<cluster::Order>),
}

/// What is left to others, or to the next bar, when this one closes.
pub(crate) enum Leaving {
    Here(std::sync::Arc<asl_engine::Interpreter>),
    #[cfg(feature = "restate")]
    Cluster(cluster::Work),
}

impl Leaving {
    /// Leaves it: nothing of it is answered any more.
    pub(crate) async fn leave(self) {
        match self {
            Self::Here(interpreter) => drop(interpreter.shutdown(std::time::Duration::ZERO).await),
            #[cfg(feature = "restate")]
            Self::Cluster(work) => work.stop().await,
        }
    }
}

impl Kitchen {
    /// Whether another pizza can be made.
    pub(crate) fn has_room(&self) -> bool {
        match self {
            Self::Here(here) => here.has_room(),
            #[cfg(feature = "restate")]
            Self::Cluster(_) => true,
        }
    }

    /// Begins a pizza: whatever happens to the bar then, it is made.
    pub(crate) async fn start(&self, order_id: String, input: Value) -> Result<Pizza, asl_engine::Error> {
        match self {
            Self::Here(here) => here.start(order_id, input).await.map(Pizza::Here),
            #[cfg(feature = "restate")]
            Self::Cluster(cluster) => {
                let order = cluster.start(order_id, input).await?;
                Ok(Pizza::Cluster(Box::new(order)))
            }
        }
    }
}

impl Pizza {
    /// Waits until it is made.
    pub(crate) async fn outcome(&self) -> Outcome {
        match self {
            Self::Here(execution) => execution.outcome().await,
            #[cfg(feature = "restate")]
            Self::Cluster(order) => order.outcome().await,
        }
    }
}
