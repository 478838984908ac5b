use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Lead {
    id: u64,
}

fn main() {
    let record = Lead { id: 1 };
    println!("{}", serde_json::to_string(&record.restored()).unwrap());
}
