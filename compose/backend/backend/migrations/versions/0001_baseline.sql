-- The first schema, and the rows that every installation begins with.
-- Each statement can run twice: MySQL cannot roll a CREATE TABLE back, so a start that was cut short begins anew.

CREATE TABLE IF NOT EXISTS role (
    id INTEGER NOT NULL,
    role_name VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS user (
    user_id VARCHAR(32) NOT NULL,
    user_name VARCHAR(20) NOT NULL,
    user_email VARCHAR(255) NOT NULL,
    user_password VARCHAR(60) NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (user_id),
    UNIQUE KEY user_name (user_name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS user_role (
    user_id VARCHAR(32) NOT NULL,
    role_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, role_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS llm (
    llm_id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    model VARCHAR(255) NOT NULL,
    base_url VARCHAR(1024) NOT NULL,
    api_key VARCHAR(1024) NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (llm_id),
    KEY ix_llm_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS agent (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description VARCHAR(1024) NOT NULL,
    logo_url VARCHAR(1024) NOT NULL,
    system_prompt MEDIUMTEXT NOT NULL,
    llm_id VARCHAR(32) NOT NULL,
    enable_memory BOOLEAN NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (id),
    KEY ix_agent_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS dialog (
    dialog_id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    agent_id VARCHAR(32) NOT NULL,
    agent_type VARCHAR(32) NOT NULL,
    name VARCHAR(255) NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (dialog_id),
    KEY ix_dialog_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS history (
    id INTEGER NOT NULL AUTO_INCREMENT,
    dialog_id VARCHAR(32) NOT NULL,
    role VARCHAR(32) NOT NULL,
    content MEDIUMTEXT NOT NULL,
    create_time DATETIME NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT history_of_dialog FOREIGN KEY (dialog_id) REFERENCES dialog (dialog_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS tool (
    tool_id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description VARCHAR(1024) NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (tool_id),
    KEY ix_tool_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS knowledge (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    name VARCHAR(10) NOT NULL,
    description VARCHAR(200) NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (id),
    KEY ix_knowledge_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS knowledge_file (
    id VARCHAR(32) NOT NULL,
    knowledge_id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    file_name VARCHAR(255) NOT NULL,
    url VARCHAR(1024) NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (id),
    KEY ix_knowledge_file_knowledge_id (knowledge_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS mcp_server (
    mcp_server_id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    server_name VARCHAR(255) NOT NULL,
    url VARCHAR(1024) NOT NULL,
    config JSON NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (mcp_server_id),
    KEY ix_mcp_server_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS usage_stats (
    id INTEGER NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(32) NOT NULL,
    agent VARCHAR(255) NOT NULL,
    model VARCHAR(255) NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    create_time DATETIME NOT NULL,
    PRIMARY KEY (id),
    KEY ix_usage_stats_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS workspace_session (
    session_id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    title VARCHAR(255) NOT NULL,
    contexts JSON NOT NULL,
    create_time DATETIME NOT NULL,
    update_time DATETIME NOT NULL,
    PRIMARY KEY (session_id),
    KEY ix_workspace_session_user_id (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

INSERT IGNORE INTO role (id, role_name) VALUES (1, 'administrator'), (2, 'user');

-- The agents' model is the one that backend.migrate makes from the OPENAI_* settings.
INSERT IGNORE INTO agent
    (id, user_id, name, description, logo_url, system_prompt, llm_id, enable_memory, create_time, update_time)
VALUES
    ('8fb6d7be45b044eaaceacf62668b8042', '0', 'Assistant', 'Answers questions of any kind.', '',
     'You are a helpful assistant.', '0e2c2c3b0c364d2c94a45f8025eda555', TRUE, :now, :now),
    ('babe190485b8445e8feb2c9e7e5440c2', '0', 'Translator', 'Translates between Chinese and English.', '',
     'Translate what the user writes: Chinese into English, anything else into Chinese.',
     '0e2c2c3b0c364d2c94a45f8025eda555', FALSE, :now, :now),
    ('72063399c9d44af69dea02b81f3e4813', '0', 'Editor', 'Makes a text shorter and clearer.', '',
     'Rewrite what the user writes: shorter, clearer, in the same language.',
     '0e2c2c3b0c364d2c94a45f8025eda555', FALSE, :now, :now);

INSERT IGNORE INTO tool (tool_id, user_id, name, description, create_time, update_time)
VALUES
    ('6803588666db4ce099f6c10c97822ed0', '0', 'Web search', 'Finds current pages on a subject.', :now, :now),
    ('f1ecb5f9eccf4ff49427eaa56a8dc523', '0', 'Weather', 'Tells the weather of a place.', :now, :now),
    ('df9e438810da49ecbe71246395a06214', '0', 'Calculator', 'Works out arithmetic.', :now, :now);
