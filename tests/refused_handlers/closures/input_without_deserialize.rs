use asl_engine::Interpreter;

struct Order {
    id: u32,
}

fn main() {
    let _ = Interpreter::new().function("Charge", |order: Order| async move { Ok(order.id) });
}
