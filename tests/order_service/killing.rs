//! A service that is killed under its customers.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::client::{Client, PATIENCE, order, order_of};
use super::process::{Folder, Process};
use super::tables::Tables;

const CUSTOMERS: usize = 6;

/// Where the service is now, and whether it is killed again.
#[derive(Clone)]
struct Now {
    client: Client,
    is_last: bool,
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_is_not_made_again() {
    let folder = Folder::new();
    for number in 0..5 {
        let id = format!("A-{number}");
        let service = Process::open(&folder).await;
        let tables = Tables::open(&folder.data());
        service.client.place(&order(&id)).await;
        // The money is taken, and its receipt still on the way to the function.
        let deadline = Instant::now() + PATIENCE;
        while tables.charges(&id) == (0, 0) {
            assert!(Instant::now() < deadline);
            sleep(Duration::from_millis(1)).await;
        }
        service.kill().await;

        let service = Process::open(&folder).await;
        service.client.wait_for_shipment(&id).await;
        assert_eq!(tables.charges(&id), (1_800, 1));
        service.terminate().await;
    }
}

/// `ASL_ORDER_KILLS=200` makes it longer.
#[tokio::test]
async fn no_order_is_lost_or_charged_twice_however_often_the_service_is_killed() {
    let kills = env::var("ASL_ORDER_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let folder = Folder::new();
    let mut service = Process::open(&folder).await;
    let (now, _) = watch::channel(Now {
        client: service.client.clone(),
        is_last: false,
    });
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|customer| tokio::spawn(order_again_and_again(customer, now.subscribe())))
        .collect();
    for kill in 1..=kills {
        sleep(random_instant()).await;
        service.kill().await;
        service = Process::open(&folder).await;
        now.send_replace(Now {
            client: service.client.clone(),
            is_last: kill == kills,
        });
    }
    let mut shipped = BTreeSet::new();
    for customer in customers {
        shipped.extend(timeout(2 * PATIENCE, customer).await.expect("orders that end").unwrap());
    }
    assert!(shipped.len() >= CUSTOMERS);

    let tables = Tables::open(&folder.data());
    let all = u32::try_from(shipped.len()).unwrap();
    let executions = "SELECT count(*) FROM executions WHERE status = 'SUCCEEDED'";
    assert_eq!(tables.number(executions, []), all, "an order was lost or made up");
    assert_eq!(tables.number("SELECT count(*) FROM executions", []), all);
    assert_eq!(tables.number("SELECT count(*) FROM Charges", []), all, "charged twice");
    for id in &shipped {
        assert_eq!(tables.charges(id), (900, 1), "{id}");
        assert_eq!(
            tables.messages("sqs", id).len(),
            1,
            "the warehouse was told of {id} twice"
        );
        assert_eq!(
            tables.messages("sns", id).len(),
            1,
            "the customer was told of {id} twice"
        );
        assert_eq!(tables.item(id)["Status"]["S"], "SHIPPED");
    }
    assert_eq!(tables.available("mocha"), 100_000 - all);
    service.terminate().await;
}

/// Orders one mocha after the other; returns the ids of those that were shipped.
async fn order_again_and_again(customer: usize, mut now: watch::Receiver<Now>) -> Vec<String> {
    let mut shipped = Vec::new();
    loop {
        let is_last = now.borrow_and_update().is_last;
        let id = format!("customer-{customer}-order-{}", shipped.len());
        let wanted = order_of(&id, "tok_visa", 1).to_string();
        // Says the same until it is done.
        loop {
            let client = now.borrow_and_update().client.clone();
            if buy(&client, &id, &wanted).await {
                break;
            }
            // Killed: the next process has another address.
            let _ = timeout(Duration::from_millis(20), now.changed()).await;
        }
        shipped.push(id);
        if is_last {
            return shipped;
        }
    }
}

/// Orders, and hands the parcel over; false if the service died under it.
async fn buy(client: &Client, id: &str, order: &str) -> bool {
    let Ok(placed) = client.try_to_send("POST", "/orders", Some(order)).await else {
        return false;
    };
    assert!(matches!(placed.status, 200 | 201), "{placed:?}");
    let path = format!("/orders/{id}/shipment");
    loop {
        let Ok(shipped) = client.try_to_send("POST", &path, Some(r#"{ "parcel": "P-7" }"#)).await else {
            return false;
        };
        match shipped.status {
            200 if shipped.json()["status"] == "SUCCEEDED" => return true,
            200 | 409 => sleep(Duration::from_millis(10)).await,
            _ => panic!("{shipped:?}"),
        }
    }
}

/// Somewhere in the life of an order, or between two.
fn random_instant() -> Duration {
    Duration::from_millis(RandomState::new().build_hasher().finish() % 400)
}
