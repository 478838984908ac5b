// The name on the wire is the struct's in camelCase, or the one that is set.
#![deny(warnings)]
#![allow(non_camel_case_types)]

use hookwright::WebhookObject;

macro_rules! check {
    ($($(#[$attribute:meta])? $object:ident $name:literal;)*) => {$(
        {
            #[derive(serde::Serialize, WebhookObject)]
            $(#[$attribute])?
            struct $object {
                id: u8,
            }

            assert_eq!($object::NAME, $name);
            assert_eq!($object { id: 1 }.created().name().object(), $name);
        }
    )*};
}

fn main() {
    check! {
        Person "person";
        CalendarEvent "calendarEvent";
        SMSMessage "smsMessage";
        HTTPServer2 "httpServer2";
        Person_V2 "personV2";
        note_target "noteTarget";
        #[webhook(name = "jobOffer")] Model "jobOffer";
        #[webhook(name = "Job_Offer_2")] Offer "Job_Offer_2";
        #[webhook(name = "x")] Möbel "x";
        #[webhook(name = r#"raw"#)] Raw "raw";
        #[webhook(name = "\x70erson")] Escaped "person";
    }
}
