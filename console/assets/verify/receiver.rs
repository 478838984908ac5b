// Cargo.toml:
//   hookwright = { version = "0.1", features = ["axum"] }
//   axum = "0.8"
//   tokio = { version = "1", features = ["full"] }
use axum::{Router, http::StatusCode, routing::post};
use hookwright::receiver::axum::Verified;
use hookwright::{RawEvent, Secret, Verifier};

async fn receive(Verified(event): Verified<RawEvent>) -> StatusCode {
    println!("{}", event.name());
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new(std::env::var("WEBHOOK_SECRET")?)?;
    let verifier = Verifier::new(&secret);
    let app = Router::new().route("/hooks", post(receive)).with_state(verifier);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
