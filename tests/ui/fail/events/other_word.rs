use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(events(created, removed))]
struct Person {
    id: String,
}

fn main() {
    let record = Person { id: "p1".to_owned() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
