use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Lead(u64);

fn main() {
    let record = Lead(1);
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
