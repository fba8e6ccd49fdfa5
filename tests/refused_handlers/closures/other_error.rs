use asl_engine::Interpreter;

async fn charge(order: String) -> Result<u32, std::num::ParseIntError> {
    order.parse()
}

fn main() {
    let _ = Interpreter::new().function("Charge", charge);
}
