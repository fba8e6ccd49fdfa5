use asl_engine::Interpreter;

fn main() {
    let _ = Interpreter::new().function("Charge", |order: u32| Ok(order + 1));
}
