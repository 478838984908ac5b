use hookwright::WebhookObject;

struct Opaque;

#[derive(WebhookObject)]
struct Account {
    id: u64,
    #[serde(rename = "secret")]
    passwords: Vec<Opaque>,
    #[webhook(skip)]
    notes: String,
}

fn main() {
    let record = Account { id: 1, passwords: Vec::new(), notes: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
