use hookwright::WebhookObject;

#[derive(serde::Serialize)]
struct Opaque(Vec<u8>);

#[derive(serde::Serialize, WebhookObject)]
struct Account {
    id: u64,
    #[webhook(redact)]
    password: Opaque,
}

fn main() {
    let record = Account { id: 1, password: Opaque(Vec::new()) };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
