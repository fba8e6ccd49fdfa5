use asl_engine::Interpreter;

fn main() {
    let _ = Interpreter::new().function("Charge", |order: u32| async move { order + 1 });
}
