use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(events(created))]
struct Lead {
    id: u64,
}

fn main() {
    let record = Lead { id: 1 };
    println!("{}", serde_json::to_string(&record.updated_from(&Lead { id: 1 }).unwrap()).unwrap());
}
