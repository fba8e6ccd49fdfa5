//! Stands for a payment service elsewhere: it knows keys and references, and nothing of orders.

use std::time::Duration;

use asl_engine::TaskError;
use tokio::time::sleep;

use super::tables::Tables;

/// How long a request and its answer are on their way.
const NETWORK: Duration = Duration::from_millis(20);

/// A payment service. As real ones have test cards, `tok_declined` is always declined, and `tok_busy` is told twice that the
/// service is busy.
#[derive(Clone)]
pub(crate) struct Payments {
    ledger: Tables,
}

/// What to charge. A request with a key that it knows is answered as before, and charges nothing.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) idempotency_key: String,
    pub(crate) reference: String,
    pub(crate) card: String,
    pub(crate) cents: u32,
}

enum Answer {
    Charged(i64),
    Busy,
    Declined,
    Closed,
}

impl Payments {
    pub(crate) fn new(ledger: Tables) -> Self {
        Self { ledger }
    }

    /// Charges a card; returns the payment's id.
    pub(crate) async fn charge(&self, charge: Charge) -> Result<String, TaskError> {
        sleep(NETWORK).await;
        let answer = self.ledger.change(move |ledger| {
            let Charge {
                idempotency_key,
                reference,
                card,
                cents,
            } = &charge;
            if ledger.is_closed(reference)? {
                return Ok::<_, TaskError>(Answer::Closed);
            }
            if let Some(number) = ledger.charge(idempotency_key)? {
                return Ok(Answer::Charged(number));
            }
            match card.as_str() {
                "tok_declined" => return Ok(Answer::Declined),
                "tok_busy" if ledger.note_busy(idempotency_key, reference)? <= 2 => return Ok(Answer::Busy),
                _ => {}
            }
            ledger.put_charge(idempotency_key, reference, *cents)?;
            let number = ledger.charge(idempotency_key)?;
            Ok(number.map_or(Answer::Closed, Answer::Charged))
        });
        let answer = answer.await?;
        sleep(NETWORK).await;
        match answer {
            Answer::Charged(number) => Ok(format!("pay-{number}")),
            Answer::Busy => Err(TaskError::new("PaymentBusy", "the payment service is busy")),
            Answer::Declined => Err(TaskError::new("CardDeclined", "the bank declines the card")),
            Answer::Closed => Err(TaskError::new(
                "PaymentClosed",
                "nothing more is charged for this order",
            )),
        }
    }

    /// Gives back all that was charged for a reference, and charges nothing for it any more: a request that is late on its way
    /// comes in vain.
    pub(crate) async fn refund(&self, reference: String) -> Result<(), TaskError> {
        sleep(NETWORK).await;
        self.ledger.change(move |ledger| ledger.refund(&reference)).await?;
        sleep(NETWORK).await;
        Ok(())
    }
}
