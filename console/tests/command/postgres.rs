//! The command on PostgreSQL, where several dispatchers work at once.

use std::env;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::program::{Ended, Folder, PERSON, Running};

/// The variable that holds the URL of a server on which databases can be made.
const SERVER: &str = "HOOKWRIGHT_TEST_DATABASE_URL";

async fn run_sql(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn what_is_sent_is_delivered_by_one_of_several() {
    let server = env::var(SERVER).expect("HOOKWRIGHT_TEST_DATABASE_URL names a server");
    let name = format!("hookwright_command_{}", std::process::id());
    run_sql(&server, format!("CREATE DATABASE {name}")).await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let url = format!("{base}/{name}");
    flow(&url);
    run_sql(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

fn flow(url: &str) {
    let folder = Folder::new();
    let key = "3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8=";
    let command = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("HOOKWRIGHT_DATABASE", url).env("HOOKWRIGHT_MASTER_KEY", key);
        command
    };
    let without_key = Ended::of(command(&["doctor"]).env_remove("HOOKWRIGHT_MASTER_KEY"));
    assert_eq!(without_key.code, Some(1), "{without_key:?}");
    assert!(without_key.stdout.contains("HOOKWRIGHT_MASTER_KEY"), "{without_key:?}");

    let allow = ["--allow", "127.0.0.0/8", "--json"];
    let serve = [&["serve", "--listen", "127.0.0.1:0"], &allow[..]].concat();
    let server = Running::start(&mut command(&serve));
    assert!(server.json()["key"].is_string());
    let dispatcher = Running::start(&mut command(&[&["dispatch"], &allow[..]].concat()));
    assert!(!dispatcher.json()["database"].as_str().unwrap().is_empty());
    let (listener, hook) = folder.listen(&[]);
    let created = Ended::of(&mut command(&["webhooks", "create", &hook]));
    assert_eq!(created.code, Some(0), "{created:?}");
    folder.write("person.json", PERSON);
    let sent = Ended::of(&mut command(&["send", "person.json"]));
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert_eq!(listener.json()["body"]["event"], "person.created");
    let refused = Ended::of(&mut command(&["webhooks", "create", "http://10.0.0.5"]));
    assert_eq!(refused.code, Some(4), "{refused:?}");
    let doctor = Ended::of(&mut command(&["doctor"]));
    assert!(doctor.stdout.contains("PostgreSQL"), "{doctor:?}");
    assert!(doctor.stdout.contains("ok   clock"), "{doctor:?}");
    for running in [server, dispatcher] {
        running.signal("TERM");
        let ended = running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[tokio::test]
async fn who_may_make_no_tables_uses_those_that_the_owner_has_made() {
    let server = env::var(SERVER).expect("HOOKWRIGHT_TEST_DATABASE_URL names a server");
    let name = format!("hookwright_migrated_{}", std::process::id());
    run_sql(&server, format!("CREATE DATABASE {name}")).await;
    run_sql(&server, format!("CREATE ROLE {name}")).await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let url = format!("{base}/{name}");
    let folder = Folder::new();
    let run = |url: &str, arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("HOOKWRIGHT_DATABASE", url);
        command.env("HOOKWRIGHT_MASTER_KEY", "3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8=");
        Ended::of(&mut command)
    };
    let migrated = run(&url, &["migrate"]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let grants = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public";
    run_sql(&url, format!("{grants} TO {name}")).await;
    run_sql(&url, format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")).await;
    let limited = format!("{url}?options[role]={name}");
    for arguments in
        [&["webhooks", "list"][..], &["keys", "create", "x", "--scope", "read"], &["doctor"]]
    {
        let ended = run(&limited, arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    }
    run_sql(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    run_sql(&server, format!("DROP ROLE {name}")).await;
}
