//! JSONata in states, beside the engine called by hand with no interpreter around it.

use criterion::Criterion;
use jlens_core::{Bindings, Expression};
use serde_json::{Value, json};
use std::hint::black_box;

use crate::driver::Subject;

/// A counter in a variable that goes round a thousand times.
pub(crate) fn jsonata_loop_1000(criterion: &mut Criterion) {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Start", "States": {
        "Start": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "Done?" },
        "Done?": {
            "Type": "Choice", "Default": "Done",
            "Choices": [{ "Condition": "{% $n < 1000 %}", "Next": "Count" }]
        },
        "Count": { "Type": "Pass", "Assign": { "n": "{% $n + 1 %}" }, "Next": "Done?" },
        "Done": { "Type": "Succeed", "Output": "{% $n %}" }
    }});
    let subject = Subject {
        name: "jsonata_loop_1000",
        definition: definition.to_string(),
        input: json!({}),
        elements: 1_000,
    };
    let condition = Expression::compile("$n < 1000").unwrap();
    let count = Expression::compile("$n + 1").unwrap();
    subject.measure(criterion, |_| {
        let mut bindings = Bindings::new().var("n", 0);
        loop {
            let goes_on = condition.evaluate(None, &bindings).unwrap();
            if goes_on != Some(Value::Bool(true)) {
                return bindings.get("n").cloned().unwrap();
            }
            let next = count.evaluate(None, &bindings).unwrap().unwrap();
            bindings = Bindings::new().var("n", next);
        }
    });
}

/// Filters, maps and sums five hundred orders.
pub(crate) fn jsonata_orders_500(criterion: &mut Criterion) {
    const REPORT: &str = "{
        'large': $count(orders[total > 50]),
        'sum': $sum(orders[total > 50].items.(price * quantity)),
        'customers': $count($distinct(orders.customer)),
        'totals': $map($filter(orders, function($order) { $order.total > 90 }), function($order) { $order.total })
    }";
    let orders: Vec<Value> = (0..500)
        .map(|i| {
            json!({
                "id": i, "customer": format!("customer-{}", i % 37), "total": i * 7 % 100,
                "items": [{ "sku": "a", "price": i % 10, "quantity": 2 }, { "sku": "b", "price": 3, "quantity": 1 }]
            })
        })
        .collect();
    let in_state = REPORT.replace("orders", "$states.input.orders");
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Report", "States": {
        "Report": { "Type": "Pass", "Output": format!("{{%{in_state}%}}"), "End": true }
    }});
    let subject = Subject {
        name: "jsonata_orders_500",
        definition: definition.to_string(),
        input: json!({ "orders": orders }),
        elements: 500,
    };
    let report = Expression::compile(REPORT).unwrap();
    subject.measure(criterion, |input| {
        report
            .evaluate(Some(black_box(&input)), &Bindings::new())
            .unwrap()
            .unwrap()
    });
}
