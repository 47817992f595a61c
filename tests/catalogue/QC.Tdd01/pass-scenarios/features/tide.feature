Feature: tides

  Scenario: high water
    Given a gauge
    Then heights are in metres
