use hookwright::WebhookObject;

#[derive(WebhookObject)]
struct Lead(#[webhook(id)] u64);

fn main() {
    let record = Lead(1);
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
