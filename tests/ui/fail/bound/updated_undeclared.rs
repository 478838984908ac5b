use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(events(created, deleted))]
struct Lead {
    id: u64,
}

fn main() {
    let record = Lead { id: 1 };
    println!("{}", serde_json::to_string(&record.updated()).unwrap());
}
