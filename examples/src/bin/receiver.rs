//! A receiver: it verifies each request, answers 204 at once, and prints the event afterwards.
//!
//! ```text
//! cargo run --bin receiver -- --port 8080 --secret "the secret of the sender"
//! ```

use std::process::ExitCode;

use clap::Parser;
use hookwright::{Secret, Verifier};
use hookwright_examples::receiver::Receiver;

/// Receives webhooks on this machine, verifies them, and prints them.
#[derive(Parser)]
struct Options {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The secret that the sender signs with; a new one is made, and shown, when there is none.
    #[arg(long)]
    secret: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let secret = if let Some(text) = options.secret {
        Secret::imported(text)?
    } else {
        let secret = Secret::generate();
        println!("secret {}", secret.expose());
        secret
    };
    let receiver = Receiver::bind(options.port)
        .await
        .map_err(|error| format!("cannot listen on port {}: {error}", options.port))?;
    println!("listening on {}", receiver.url());
    receiver.serve(Verifier::new(&secret), |event| println!("verified {event}")).await?;
    Ok(())
}
