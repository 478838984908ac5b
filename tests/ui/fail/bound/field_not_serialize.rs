use hookwright::WebhookObject;

struct Opaque;

#[derive(WebhookObject)]
struct Account {
    id: u64,
    password: Opaque,
    #[webhook(skip)]
    notes: String,
}

fn main() {
    let record = Account { id: 1, password: Opaque, notes: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
