//! The services that the state machine calls, at AWS or an emulator of it.

use asl_engine::handlers::aws::AwsServices;
use asl_engine::{Error, Interpreter};

/// Registers the services, with the region, the credentials and the endpoints of the environment. The shop's own functions go
/// before them, and no other service is called.
pub(crate) async fn register(interpreter: Interpreter) -> Result<Interpreter, Error> {
    let services = AwsServices::from_env().await?;
    Ok(interpreter.aws(services.only(["dynamodb", "eventbridge", "sns", "sqs"])?))
}
