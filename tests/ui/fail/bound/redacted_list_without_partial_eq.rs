use hookwright::WebhookObject;

#[derive(serde::Serialize)]
struct Opaque(u8);

#[derive(serde::Serialize, WebhookObject)]
struct Account {
    id: u64,
    #[webhook(redact)]
    passwords: Vec<Opaque>,
}

fn main() {
    let record = Account { id: 1, passwords: Vec::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
