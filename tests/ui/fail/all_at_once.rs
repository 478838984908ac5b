use hookwright::WebhookObject;

#[derive(WebhookObject)]
#[serde(transparent)]
#[webhook(name = "Job Offer!", colour = "red", evnts(created))]
#[webhook]
#[webhook(name = "jobOffer", events(created, create, created), crate = "two words")]
struct Offer<T> {
    #[webhook(skip = true)]
    title: T,
    #[webhook(id, redact)]
    key: String,
    #[webhook(skip)]
    #[serde(rename = "remarks")]
    #[webhook(redact, nmae = "x")]
    notes: String,
    #[serde(getter = "Offer::email")]
    #[webhook(id)]
    email: String,
    #[webhook(events(created))]
    #[webhook(redact)]
    #[serde(flatten)]
    phones: Vec<String>,
}

fn main() {
    let record = Offer {
        title: "Clerk",
        key: String::new(),
        notes: String::new(),
        email: String::new(),
        phones: Vec::new(),
    };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
