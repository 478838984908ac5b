use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Lead;

fn main() {
    let record = Lead;
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
